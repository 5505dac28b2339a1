/** The output of each lesson: exact lines in order, or lines in any order where the threads run freely. */

type Expected =
  | { readonly lines: readonly string[] }
  | { readonly set: readonly string[] }
  /** Each sequence in its own order, interleaved in any way. */
  | { readonly mixed: readonly (readonly string[])[] }

const EXPECTED: Record<string, Expected> = {
  '1-spawn-join.ts': { mixed: [[1, 2, 3].map(i => `main thread: ${i}`), [1, 2, 3].map(i => `spawned thread: ${i}`)] },
  '2-move.ts': { lines: ['sum: 6'] },
  '3-channel.ts': { lines: ['hi', 'from', 'the', 'thread'].map(word => `got: ${word}`) },
  '4-two-producers.ts': { set: ['got: from thread 1', 'got: from thread 2'] },
  '5-counter.ts': { lines: ['final count: 5'] },
  '6-rc-and-arc.ts': { lines: ['refused: FL2002', 'shared: 5'] },
  '7-par-iter.ts': { lines: ['sum: 500500', 'squares of the even ones: 500 [ 4, 16, 36, 64, 100 ]'] },
  '8-tasks.ts': { lines: ['task 1 done task 2 done'] },
  '9-scraper.ts': { lines: ['/a 7', '/b 7', '/c 7', '/d 7', '/e 7'] },
}

/** Returns the fault in the output of a lesson, or undefined if the output is correct. */
export function complaint(file: string, output: string): string | undefined {
  const expected = EXPECTED[file]
  if (expected === undefined) return `${file} has no expected output`
  const lines = output.split('\n').slice(0, -1)
  if ('lines' in expected) return same(lines, expected.lines)
  if ('set' in expected) return same([...lines].sort(), [...expected.set].sort())
  for (const sequence of expected.mixed) {
    const why = same(
      lines.filter(line => sequence.includes(line)),
      sequence,
    )
    if (why !== undefined) return why
  }
  return same([...lines].sort(), expected.mixed.flat().sort())
}

function same(actual: readonly string[], expected: readonly string[]): string | undefined {
  if (actual.length === expected.length && actual.every((line, i) => line === expected[i])) return undefined
  return `it printed ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`
}
