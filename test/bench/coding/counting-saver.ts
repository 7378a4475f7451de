import { MemorySaver, type SerializerProtocol } from '@langchain/langgraph-checkpoint';

/**
 * LangGraph's in-memory saver, counting what a disk would have to take: every checkpoint whole, with its metadata, and
 * every write. It writes what LangGraph's own serializer makes of them.
 */
export class CountingSaver extends MemorySaver {
  bytes = 0;

  constructor() {
    super();
    const { serde } = this;
    const counting: SerializerProtocol = {
      dumpsTyped: async (value) => {
        const dumped = await serde.dumpsTyped(value);
        this.bytes += dumped[1].length;
        return dumped;
      },
      loadsTyped: (type, data) => serde.loadsTyped(type, data),
    };
    this.serde = counting;
  }
}
