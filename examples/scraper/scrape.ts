/**
 * The command. Prints the table to stdout, all other output to stderr.
 *
 * Exit codes: 0 after a crawl, 1 if it failed or no page could be read, 2 for a wrong command line, and 130 after
 * Ctrl-C. The first Ctrl-C stops the crawl, which counts the pages that were fetched; a second one ends the program at
 * once.
 */
import { readArguments, USAGE, UsageError } from './args.ts'
import type { Arguments } from './args.ts'
import { crawl } from './crawl.ts'
import { JsonLines } from './json-lines.ts'
import { progressOn } from './progress.ts'
import { report } from './report.ts'

const INTERRUPTED = 130

process.exitCode = await main()

async function main(): Promise<number> {
  let args: Arguments
  try {
    args = readArguments(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`scrape: ${error.message}\nTry 'scrape --help'.`)
    return 2
  }
  if (args.kind === 'help') {
    process.stdout.write(USAGE)
    return 0
  }

  let out: JsonLines | undefined
  try {
    if (args.out !== undefined) out = await JsonLines.open(args.out)
  } catch (error) {
    console.error(`scrape: cannot write ${args.out}: ${textOf(error)}`)
    return 2
  }

  const progress = progressOn(process.stderr)
  const stop = new AbortController()
  process.on('SIGINT', () => {
    progress.end()
    if (stop.signal.aborted) process.exit(INTERRUPTED)
    console.error('scrape: counting the pages that were fetched; press Ctrl-C again to quit at once')
    stop.abort()
  })
  try {
    const summary = await crawl(
      args.options,
      {
        record: page => out?.write(page),
        progress: (settled, known) => {
          if (!stop.signal.aborted) progress.show(settled, known)
        },
      },
      stop.signal,
    )
    progress.end()
    await out?.close()
    process.stdout.write(report(summary))
    if (summary.stopped) return INTERRUPTED
    return summary.stats.pages > 0 ? 0 : 1
  } catch (error) {
    progress.end()
    console.error(`scrape: ${textOf(error)}`)
    return 1
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
