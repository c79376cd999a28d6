const newline = 0x0a;

/** How far the end of a line is looked for that is too long already, in bytes: a file without one may have no end. */
const patience = 16 * 1_048_576;

/** A line of a file. */
export interface FileLine {
  /** Without its newline; cut off where it is longer than asked for. */
  bytes: Uint8Array;
  isTooLong: boolean;
  /** Whether a newline ends it. The last line of a file may have none. */
  isEnded: boolean;
}

/**
 * The lines of a file, as many at once as a chunk of it ends, so that whoever reads waits once a chunk. No line is kept beyond
 * the longest that there may be, however long it is; one that has no end within 16 MiB is the last.
 * @param longest in bytes
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  longest: number,
): AsyncGenerator<FileLine[]> {
  let rest: Uint8Array = new Uint8Array(0);
  let unended = 0;
  for await (const chunk of chunks) {
    const { lines, left } = split(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), longest);
    unended = lines.length > 0 ? left.length : unended + chunk.length;
    // One byte more than the longest is enough to know that a line is too long. A copy, so that the chunk can go.
    rest = Buffer.from(left.subarray(0, longest + 1));
    if (lines.length > 0) yield lines;
    if (unended > longest + patience) break;
  }
  if (rest.length > 0) yield [lineOf(rest, longest, false)];
}

function split(bytes: Uint8Array, longest: number): { lines: FileLine[]; left: Uint8Array } {
  const lines: FileLine[] = [];
  let start = 0;
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    lines.push(lineOf(bytes.subarray(start, end), longest, true));
    start = end + 1;
  }
  return { lines, left: bytes.subarray(start) };
}

function lineOf(bytes: Uint8Array, longest: number, isEnded: boolean): FileLine {
  const isTooLong = bytes.length > longest;
  return { bytes: isTooLong ? bytes.subarray(0, longest) : bytes, isTooLong, isEnded };
}
