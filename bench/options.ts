/** The command line of the benchmark. */
import { parseArgs } from 'node:util'

export interface Options {
  readonly only: readonly string[]
  readonly quick: boolean
  readonly write: boolean
  readonly processes: number
}

export const HELP = `npm run bench -- [options]

  --only <filter>    only some cells; may be given more than once, and takes a comma-separated list
                       channel        rows or contenders with "channel" in their name
                       mutex/floor    rows with "mutex" for contenders with "floor"
  --quick            one short process per cell: for trying things out, not for numbers
  --processes <n>    processes per cell (3)
  --write            write a result file although the run is quick or partial
  --help             this text

A complete run writes results/<date>-<n>.json and .md. The table goes to standard output, progress to standard error.
`

/** Parses the options. Returns undefined if they only ask for help. */
export function parse(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      processes: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const processes = Number(values.processes ?? (values.quick ? 1 : 3))
  if (!Number.isInteger(processes) || processes < 1) throw new Error('--processes takes a whole number from 1 on.')
  return { only: values.only.flatMap(list => list.split(',')), quick: values.quick, write: values.write, processes }
}

export function selected(only: readonly string[], row: string, contender: string): boolean {
  return (
    only.length === 0 ||
    only.some(filter => {
      const [rows, contenders] = filter.split('/')
      if (contenders === undefined) return row.includes(filter) || contender === filter
      return row.includes(rows) && contender.includes(contenders)
    })
  )
}
