/** An event of the feed and its position, or a position alone: nothing has happened for a while. */
export interface FeedStep {
  position: string;
  event?: { type: string };
}

/**
 * One step as a server-sent event (WHATWG HTML, section 9.2.6): its id is the position, which a client sends back as
 * `Last-Event-ID`; its name is the event's type; its data is the CloudEvent as JSON. A position alone is a comment, which keeps
 * the connection from being taken for dead, and an id, which a client remembers without being told of an event.
 */
export function eventFrame({ position, event }: FeedStep): string {
  const id = `id: ${oneLine(position)}\n`;
  if (event === undefined) return `: nothing new\n${id}\n`;
  // JSON.stringify escapes every line end, so the data are one line.
  return `event: ${oneLine(event.type)}\n${id}data: ${JSON.stringify(event)}\n\n`;
}

/** Tells a client how long to wait before it connects again. @param milliseconds a whole number */
export function retryFrame(milliseconds: number): string {
  return `retry: ${Math.trunc(milliseconds)}\n\n`;
}

/** The body of a `text/event-stream` answer: what to do when it is cut off, then each step. */
export async function* eventStream(
  steps: AsyncIterable<FeedStep>,
  retryMilliseconds = 2_000,
): AsyncGenerator<string> {
  yield retryFrame(retryMilliseconds);
  for await (const step of steps) yield eventFrame(step);
}

/** No line end, which would end the field, and no NUL, which would make a client ignore an id. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\0]/g, '');
}
