/** The port of the console's page, unless `--port` says another. */
export const CONSOLE_PORT = 8017;
