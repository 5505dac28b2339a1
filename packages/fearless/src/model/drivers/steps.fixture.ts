/** The random programs of `programs.fixture.ts` as generators, for comparing the two drivers. */
import { CODE, I32 } from '../engine/cell.ts'
import type { DriverOfProgram } from '../differential.fixture.ts'
import { GeneratorDriver, type Frame } from './generators.ts'
import { ADD, CAS, WAIT_RESULTS, LOAD, NOTIFY, PAUSE, STORE, SWAP, WAIT, XOR } from '../engine/ops.ts'
import { WORDS, type Program, type Observations, type Step } from '../programs.fixture.ts'

export const generatorProgram: DriverOfProgram = (execution, program, sight) => {
  const generators: GeneratorDriver = new GeneratorDriver(execution, () => main(generators, program, sight))
  return generators
}

function* main(g: GeneratorDriver, program: Program, sight: Observations): Frame {
  sight.clear()
  const { threads } = program
  const startedByOthers = new Set(threads.flat().flatMap(step => (step.kind === 'spawn' ? [step.thread] : [])))
  if (program.reaped) {
    g.onDeath(function* (thread) {
      if (!g.begin(ADD, 16, I32, thread, 0)) yield
      return undefined
    })
  }
  const ids: number[] = []
  for (let t = 0; t < threads.length; t++) {
    if (startedByOthers.has(t)) continue
    if (
      !g.spawn(
        () => thread(g, program, t, sight),
        undefined,
        result => result,
      )
    )
      yield
    ids.push(g.read() as number)
  }
  for (const id of ids) {
    if (!g.join(id, () => g.joined(id))) yield
    g.read()
  }
  const seen: unknown[] = []
  for (const at of WORDS) {
    if (!g.begin(LOAD, at, I32, 0, 0)) yield
    seen.push(g.read())
  }
  sight.main = seen.join(',')
  return undefined
}

function* thread(g: GeneratorDriver, program: Program, t: number, sight: Observations): Frame {
  const seen = sight.begin(t)
  const children = new Map<number, number>()
  for (const [i, step] of program.threads[t].entries()) {
    const frame = runStep(g, step, children, program, sight, `${t}.${i}`)
    if (!g.call(frame)) yield
    const result = g.read() as string | number | boolean | undefined
    if (result !== undefined) seen.push(String(result))
  }
  return undefined
}

const KINDS = { load: LOAD, swap: SWAP, add: ADD, xor: XOR, store: STORE } as const

function* runStep(
  g: GeneratorDriver,
  step: Step,
  children: Map<number, number>,
  program: Program,
  sight: Observations,
  name: string,
): Frame {
  switch (step.kind) {
    case 'load':
    case 'swap':
    case 'add':
    case 'xor':
    case 'store': {
      const { kind, at, cell } = step
      if (!g.begin(KINDS[kind], at, CODE[cell], 'value' in step ? step.value : 0, 0)) yield
      return kind === 'store' ? undefined : g.read()
    }
    case 'get':
      return g.plainGet(step.at, CODE[step.cell])
    case 'set':
      g.plainSet(step.at, step.value, CODE[step.cell])
      return undefined
    case 'cas':
      if (!g.begin(CAS, step.at, CODE[step.cell], step.expected, step.value)) yield
      return g.read()
    case 'notify':
      if (!g.begin(NOTIFY, step.at, I32, step.count, 0)) yield
      return g.read()
    case 'wait':
      if (!g.begin(WAIT, step.at, I32, step.expected, step.ms)) yield
      return WAIT_RESULTS[g.read() as 0 | 1 | 2]
    case 'waitAsync':
      if (!g.beginWatch(step.at, I32, step.expected, step.ms, how => void sight.woken.set(name, how))) yield
      return g.read() === 0
    case 'spin':
      for (let turn = 0; turn < step.turns; turn++) {
        for (const at of step.at) {
          if (!g.begin(LOAD, at, I32, 0, 0)) yield
          if (g.read() !== 0) return `after ${turn}`
        }
        if (!g.begin(PAUSE, 0, I32, 0, 0)) yield
      }
      return 'gave up'
    case 'spawn':
      if (
        !g.spawn(
          () => thread(g, program, step.thread, sight),
          undefined,
          result => result,
        )
      )
        yield
      children.set(step.thread, g.read() as number)
      return undefined
    case 'join': {
      const id = children.get(step.thread)!
      if (!g.join(id, () => g.joined(id))) yield
      g.read()
      return undefined
    }
    case 'choose':
      return g.choose(step.ways)
  }
}
