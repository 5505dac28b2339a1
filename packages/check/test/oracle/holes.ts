/**
 * Searches random programs for a hole: a program that is accepted, runs, and silently deviates from its meaning.
 *
 *   npm run holes -- [--programs 10000] [--seed 1] [--batch 40] [--walls off] [--unchecked] [--only TEXT] [--show N]
 *
 * A hole is a program that prints another text than its meaning, or hangs, without a report of a wall. A false alarm is
 * a program without a misuse that a wall refuses. Both are minimised, and printed with their seed.
 */
import { parseArgs } from 'node:util'
import { Judge, textOf, type Conditions, type Judgement, type Verdict } from './judge.ts'
import { programOf, type Program } from './programs.ts'

/** The number of programs in one round. */
const ROUND = 400

export interface Found {
  readonly failures: readonly Judgement[]
  readonly alarms: readonly Judgement[]
  /** The number of programs for each verdict. */
  readonly ends: ReadonlyMap<string, number>
  /** The programs without a meaning, which are faults of the generator. */
  readonly meaningless: readonly Judgement[]
}

export interface Search extends Conditions {
  readonly programs: number
  readonly seed: number
  /** Keeps only programs with a misuse whose name contains this text. */
  readonly only?: string | undefined
}

export async function search(judge: Judge, wanted: Search, told: (done: number) => void = () => {}): Promise<Found> {
  const failures: Judgement[] = []
  const alarms: Judgement[] = []
  const meaningless: Judgement[] = []
  const ends = new Map<string, number>()
  let seed = wanted.seed
  for (let done = 0; done < wanted.programs;) {
    const programs: Program[] = []
    while (programs.length < Math.min(ROUND, wanted.programs - done)) {
      const program = programOf(seed++, programs.length)
      if (wanted.only === undefined || program.misuse?.includes(wanted.only)) programs.push(program)
    }
    for (const judgement of await judge.judge(programs)) {
      const end = endOf(judgement)
      ends.set(end, (ends.get(end) ?? 0) + 1)
      if (isFailure(judgement)) failures.push(judgement)
      else if (isAlarm(judgement)) alarms.push(judgement)
      else if (judgement.verdict.end === 'meaningless') meaningless.push(judgement)
    }
    done += programs.length
    told(done)
  }
  return { failures, alarms, meaningless, ends }
}

const isFailure = ({ verdict: { end } }: Judgement): boolean => end === 'wrong' || end === 'hung'
const isAlarm = ({ program, verdict: { end } }: Judgement): boolean => program.misuse === undefined && end === 'refused'

function endOf({ program, verdict }: Judgement): string {
  const by = verdict.end === 'refused' ? `refused by ${verdict.wall} ${/^\w*/.exec(verdict.said)![0]}` : verdict.end
  return `${program.misuse === undefined ? 'right programs' : 'misuses'}: ${by}`
}

/** Minimises a program: removes statements while the verdict stays the same. */
export async function shrink(judge: Judge, { program, verdict }: Judgement): Promise<Judgement> {
  let smallest: Judgement = { program, verdict }
  for (;;) {
    const { chunks } = smallest.program
    const candidates = chunks.map((_, at) => numbered({ ...smallest.program, chunks: chunks.toSpliced(at, 1) }, at))
    const found = (await judge.judge(candidates.filter(isOrdered))).filter(each => isSame(each.verdict, verdict))
    if (found.length === 0) return smallest
    // Tries to remove all statements that can be removed one by one; if that fails, removes one of them.
    const left = new Set(found.map(each => each.program.id))
    const all = numbered({ ...smallest.program, chunks: chunks.filter((_, at) => !left.has(at)) }, chunks.length)
    const together = isOrdered(all) ? (await judge.judge([all]))[0]! : found[0]!
    smallest = isSame(together.verdict, verdict) ? together : found[0]!
  }
}

/** Whether the program still joins every thread, because otherwise its output depends on timing. */
function isOrdered({ chunks }: Program): boolean {
  const text = chunks.join('\n')
  return [...text.matchAll(/^const ([hy]\d+) = (?:thread|task)\.spawn/gm)].every(
    ([, name]) => text.split(new RegExp(`\\b${name}\\b`)).length > 2,
  )
}

/** Returns the same program with another number, which is part of the names of its statics. */
function numbered({ id: before, chunks, statics, ...program }: Program, id: number): Program {
  const renamed = (text: string): string => text.replaceAll(`s${before}_`, `s${id}_`)
  return { ...program, id, chunks: chunks.map(renamed), statics: statics.map(renamed) }
}

function isSame(a: Verdict, b: Verdict): boolean {
  if (a.end !== 'refused' || b.end !== 'refused') return a.end === b.end
  return a.wall === b.wall && a.said.slice(0, 5) === b.said.slice(0, 5)
}

export function described({ program, verdict }: Judgement): string {
  const what = program.misuse ?? 'no misuse'
  const said =
    verdict.end === 'wrong'
      ? `prints ${verdict.printed}, but means ${verdict.meant}`
      : verdict.end === 'refused'
        ? `refused by ${verdict.wall}: ${verdict.said}`
        : verdict.end
  const statics = program.statics.length === 0 ? '' : `// its module\n${program.statics.join('\n')}\n`
  return `seed ${program.seed} (${what}): ${said}\n${statics}${textOf(program)}`
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      programs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      batch: { type: 'string', default: '40' },
      walls: { type: 'string', default: 'on' },
      list: { type: 'boolean', default: false },
      unchecked: { type: 'boolean', default: false },
      only: { type: 'string' },
      show: { type: 'string', default: '5' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(`Usage: npm run holes -- [options]

Writes random programs, checks them, runs them on threads, and compares what they print with their meaning.

  --programs N   how many (10000)
  --seed S       the first program's seed (1): with --programs 1, the program of that seed
  --batch N      programs in one file and process (40)
  --walls off    runs without the walls that FEARLESS_WALLS turns off
  --unchecked    runs programs that the checker refuses, too: the run time alone must refuse them
  --only TEXT    only programs with a misuse whose name contains TEXT
  --list         prints a line for each failure and each alarm
  --show N       how many failures, and alarms, are made small and printed (5)

Exit code: 0 nothing was found, 1 a failure or a false alarm was found.`)
    process.exit(0)
  }
  const show = Number(values.show)
  const wanted: Search = {
    programs: Number(values.programs),
    seed: Number(values.seed),
    batch: Number(values.batch),
    walls: values.walls === 'off' ? 'off' : 'on',
    unchecked: values.unchecked,
    only: values.only,
  }
  const judge = new Judge(wanted)
  const started = performance.now()
  const found = await search(judge, wanted, done => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${wanted.programs} programs`)
  })
  if (process.stderr.isTTY) process.stderr.write('\n')
  for (const [what, judgements] of [
    ['FAILURE', found.failures],
    ['FALSE ALARM', found.alarms],
    ['NO MEANING', found.meaningless],
  ] as const) {
    for (const judgement of judgements.slice(0, show))
      console.log(`${what}: ${described(await shrink(judge, judgement))}`)
  }
  if (values.list) {
    for (const { program, verdict } of [...found.failures, ...found.alarms, ...found.meaningless])
      console.log(`${program.seed}: ${program.misuse ?? 'no misuse'}: ${JSON.stringify(verdict)}`)
  }
  for (const [end, count] of [...found.ends].sort()) console.log(`${String(count).padStart(7)} ${end}`)
  const { failures, alarms, meaningless } = found
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(
    `${wanted.programs} programs, ${failures.length} failures, ${alarms.length} false alarms, ${meaningless.length} without a meaning, ${seconds} s`,
  )
  process.exitCode = failures.length + alarms.length + meaningless.length === 0 ? 0 : 1
}
