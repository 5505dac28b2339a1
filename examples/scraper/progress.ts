/**
 * Prints the progress of the crawl to stderr, so that stdout contains only the result.
 *
 * A terminal gets a bar that is redrawn in place and removed at the end; a file or a pipe gets a plain line per second.
 */
import { Presets, SingleBar } from 'cli-progress'

export type Progress = {
  show(settled: number, known: number): void
  end(): void
}

export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean }

const LINE_EVERY_MS = 1000

export function progressOn(stream: ProgressStream): Progress {
  return stream.isTTY === true ? bar(stream) : lines(stream)
}

function bar(stream: NodeJS.WritableStream): Progress {
  const format = ' {bar} {value} of {total} addresses'
  const drawn = new SingleBar({ stream, format, clearOnComplete: true, hideCursor: true }, Presets.shades_classic)
  drawn.start(1, 0)
  return {
    show(settled, known) {
      drawn.setTotal(known)
      drawn.update(settled)
    },
    end: () => drawn.stop(),
  }
}

function lines(stream: NodeJS.WritableStream): Progress {
  let nextAt = performance.now() + LINE_EVERY_MS
  return {
    show(settled, known) {
      const now = performance.now()
      if (now < nextAt) return
      nextAt = now + LINE_EVERY_MS
      stream.write(`${settled} of ${known} addresses\n`)
    },
    end() {},
  }
}
