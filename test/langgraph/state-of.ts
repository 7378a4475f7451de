import { Annotation, StateGraph, type StateGraphArgs } from '@langchain/langgraph';
import type { BaseChannel } from '@langchain/langgraph/channels';

/** A graph whose state has these channels, of any type. Annotations have names for a few types only. */
export function graphWith<State extends object>(channels: Readonly<Record<keyof State, () => BaseChannel>>) {
  const annotation = Annotation.Root(channels as never);
  return new StateGraph(annotation as unknown as StateGraphArgs<State>);
}
