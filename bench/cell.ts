/**
 * One cell of the table in a process of its own:  node cell.js <row> <contender> <warmMs> <ms> <process start>
 *
 * Prints one line of JSON, an Outcome, after a marker, because a contender's threads may print too.
 */
import type { Contender } from './contender.ts'
import { Wrong } from './measure.ts'
import { MARKER, type Outcome } from './outcome.ts'
import { ROWS } from './rows/index.ts'

async function measure(): Promise<Outcome> {
  const [id, name, warmMs, ms, processStart] = process.argv.slice(2)
  const row = ROWS.find(row => row.id === id)
  if (row === undefined) throw new Error(`There is no row ${id}.`)
  const { default: contender } = (await import(`./contenders/${name}.ts`)) as { default: Contender }
  const reading = row.run(contender, { warmMs: Number(warmMs), ms: Number(ms), processStart: Number(processStart) })
  if (reading === undefined) return { kind: 'absent' }
  return { kind: 'measured', reading: await reading }
}

function failure(error: unknown): Outcome {
  const message = error instanceof Error ? error.message : String(error)
  return { kind: error instanceof Wrong ? 'wrong' : 'failed', message }
}

const outcome = await measure().catch(failure)
process.stdout.write(`\n${MARKER}${JSON.stringify(outcome)}\n`, () => process.exit(0))
