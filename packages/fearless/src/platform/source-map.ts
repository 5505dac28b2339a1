/**
 * Source maps for coverage. V8 reports offsets in the text that ran, and coverage tools read the file. They find the
 * file's offsets by the source map that Node has recorded.
 *
 * Only written while Node records coverage, because a map has a segment for each character.
 */
export interface TextEdit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Whether this process records coverage, for c8 and other tools. */
export const recordsCoverage: boolean = (process.env['NODE_V8_COVERAGE'] ?? '') !== ''

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Returns a number in the encoding of source maps. */
function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1
  let text = ''
  do {
    const digit = rest & 31
    rest >>>= 5
    text += DIGITS[rest > 0 ? digit | 32 : digit]
  } while (rest > 0)
  return text
}

/**
 * Returns the comment with the source map of a text that sorted edits have made of a file. An edit that keeps the
 * length of its text keeps the positions in it.
 */
export function mapComment(url: string, source: string, edits: readonly TextEdit[]): string {
  let mappings = ''
  let [line, column, generated] = [0, 0, 0]
  let [lastLine, lastColumn, lastGenerated] = [0, 0, 0]

  function keep(text: string): void {
    for (const char of text.split('')) {
      const isFirst = mappings === '' || mappings.endsWith(';')
      mappings += `${isFirst ? '' : ','}${vlq(generated - lastGenerated)}A${vlq(line - lastLine)}${vlq(column - lastColumn)}`
      ;[lastLine, lastColumn, lastGenerated] = [line, column, generated]
      passOriginal(char)
      passGenerated(char)
    }
  }
  function passOriginal(text: string): void {
    for (const char of text.split('')) [line, column] = char === '\n' ? [line + 1, 0] : [line, column + 1]
  }
  function passGenerated(text: string): void {
    for (const char of text.split('')) {
      if (char !== '\n') generated++
      else {
        mappings += ';'
        ;[generated, lastGenerated] = [0, 0]
      }
    }
  }

  let at = 0
  for (const { start, end, text } of edits) {
    keep(source.slice(at, start))
    if (text.length === end - start) keep(source.slice(start, end))
    else {
      passOriginal(source.slice(start, end))
      passGenerated(text)
    }
    at = end
  }
  keep(source.slice(at))
  const map = { version: 3, sources: [url], names: [], mappings }
  return `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}\n`
}
