/** What a trace header of AWS X-Ray says. */
export interface TraceHeader {
  /** 32 hex digits, as others write an X-Ray trace id too. */
  traceId: string;
  isSampled: boolean;
}

/**
 * Reads a trace header of AWS X-Ray, as in `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`.
 * @returns undefined where there is none, or it names no trace
 */
export function readTraceHeader(text: string | undefined): TraceHeader | undefined {
  const fields = new Map((text ?? '').split(';').map((field) => fieldOf(field.trim())));
  const [, time, random] = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/.exec(fields.get('Root') ?? '') ?? [];
  if (time === undefined || random === undefined) return undefined;
  return { traceId: `${time}${random}`, isSampled: fields.get('Sampled') === '1' };
}

function fieldOf(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
