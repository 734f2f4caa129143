const LINE_FEED = 10;

/** Longest line that is read, in bytes; longer ones are skipped without being kept. */
export const MAX_LINE_BYTES = 64 * 2 ** 20;

/**
 * The lines of a stream as text, without their ends; undefined for a line that is too long. Keeps one line at most.
 */
export async function* lines(input: AsyncIterable<Buffer | string>, maxBytes = MAX_LINE_BYTES): AsyncGenerator<string | undefined> {
  let parts: Buffer[] = [];
  let size = 0;
  const keep = (piece: Buffer) => {
    size += piece.length;
    if (size <= maxBytes) { parts.push(piece); } else { parts = []; }
  };
  const take = () => {
    const line = size <= maxBytes ? Buffer.concat(parts).toString('utf8') : undefined;
    parts = [];
    size = 0;
    return line;
  };
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    let begin = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, begin)) {
      keep(bytes.subarray(begin, end));
      begin = end + 1;
      yield take();
    }
    keep(bytes.subarray(begin));
  }
  if (size) { yield take(); }
}
