import type { Conversation, Message } from '../../conversation.ts';

/** More is cut off, with a note. */
const CHARACTERS = 20_000;
/** Longer texts are folded, and show their beginning. */
const FOLDED_FROM = 1_200;
const BEGINNING = 240;

export function ConversationView({ conversation }: { readonly conversation: Conversation }) {
  if (conversation.kind === 'messages') return <Messages messages={conversation.messages} isAdded={false} />;
  const text = JSON.stringify(conversation.value, null, 2) ?? 'nothing';
  return (
    <pre>
      {text.slice(0, CHARACTERS)}
      {text.length > CHARACTERS && `\n… ${text.length - CHARACTERS} more characters: agentpool context show`}
    </pre>
  );
}

/** A long text is folded after its beginning. */
function Text({ text }: { readonly text: string }) {
  if (text.length <= FOLDED_FROM) return <span class="text">{text}</span>;
  return (
    <details class="text">
      <summary>{text.slice(0, BEGINNING)}…</summary>
      {text.slice(0, CHARACTERS)}
    </details>
  );
}

type Props = { readonly messages: readonly Message[]; readonly isAdded: boolean };

export function Messages({ messages, isAdded }: Props) {
  return (
    <ol class={`messages${isAdded ? ' added' : ''}`}>
      {messages.map(({ role, text, calls }, index) => (
        <li key={index} class={`message ${role}`}>
          <span class="role">{role}</span>
          {text !== '' && <Text text={text} />}
          {calls && <span class="calls">calls {calls.join(', ')}</span>}
        </li>
      ))}
    </ol>
  );
}
