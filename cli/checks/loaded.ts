/** What the process that loads a handler says when it has: the handler may end the process, too. */
export const LOADED = 'agentpool: the handler is loaded';
