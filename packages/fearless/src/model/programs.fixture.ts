/**
 * Random small programs as data, for comparing searches and drivers: the steps of each thread, and their bytes.
 *
 * The outcome of an execution is everything that a program can observe: the result of every step, and the verdict.
 */
import type { Cell, World } from './drivers/world.ts'

export type Step =
  | { readonly kind: 'load' | 'get'; readonly at: number; readonly cell: Cell }
  | {
      readonly kind: 'store' | 'swap' | 'add' | 'xor' | 'set'
      readonly at: number
      readonly cell: Cell
      readonly value: number
    }
  | {
      readonly kind: 'cas'
      readonly at: number
      readonly cell: Cell
      readonly expected: number
      readonly value: number
    }
  | { readonly kind: 'notify'; readonly at: number; readonly count: number }
  | { readonly kind: 'wait'; readonly at: number; readonly expected: number; readonly ms: number }
  | { readonly kind: 'waitAsync'; readonly at: number; readonly expected: number; readonly ms: number }
  | { readonly kind: 'spin'; readonly at: readonly number[]; readonly turns: number }
  | { readonly kind: 'spawn'; readonly thread: number }
  | { readonly kind: 'join'; readonly thread: number }
  | { readonly kind: 'choose'; readonly ways: number }

export interface Program {
  /** The main thread starts and joins each of them that no other thread starts. */
  readonly threads: readonly (readonly Step[])[]
  readonly kills: number
  readonly reaped: boolean
}

/** A small, fast generator that gives the same numbers for the same seed on every platform. */
export function random(seed: number): (n: number) => number {
  let state = (seed * 2654435761) | 0 || 1
  return n => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % n
  }
}

/** The words that programs use: two neighbours in one slot, and one in another. */
export const WORDS = [0, 4, 8]

/** The features of a random program. */
export interface ProgramFeatures {
  readonly threads: number
  readonly steps: number
  readonly mixed?: boolean
  readonly waits?: boolean
  readonly timeouts?: boolean
  readonly kills?: boolean
  readonly spins?: boolean
  readonly async?: boolean
  readonly nested?: boolean
  readonly choices?: boolean
  readonly plain?: boolean
}

export function randomProgram(seed: number, taste: ProgramFeatures): Program {
  const pick = random(seed)
  const words = WORDS.slice(0, 1 + pick(3))
  const threads: Step[][] = []
  for (let t = 0; t < taste.threads; t++) {
    const steps = Array.from({ length: 1 + pick(taste.steps) }, () => step(pick, words, taste))
    threads.push(steps)
  }
  // A thread that another one starts.
  if (taste.nested === true && threads.length > 1 && pick(3) === 0) {
    const parent = pick(threads.length - 1)
    const child = parent + 1
    threads[parent].splice(pick(threads[parent].length + 1), 0, { kind: 'spawn', thread: child })
    if (pick(2) === 0) threads[parent].push({ kind: 'join', thread: child })
  }
  const kills = taste.kills === true ? pick(2) : 0
  return { threads, kills, reaped: kills > 0 && pick(2) === 0 }
}

function step(pick: (n: number) => number, words: readonly number[], taste: ProgramFeatures): Step {
  const kinds = ['load', 'store', 'store', 'swap', 'cas', 'add', 'xor']
  if (taste.waits === true) kinds.push('wait', 'wait', 'notify', 'notify')
  if (taste.timeouts === true) kinds.push('timed', 'notify')
  if (taste.async === true) kinds.push('waitAsync')
  if (taste.spins === true) kinds.push('spin')
  if (taste.choices === true) kinds.push('choose')
  if (taste.plain === true) kinds.push('get', 'set')
  const kind = kinds[pick(kinds.length)]
  const word = words[pick(words.length)]
  switch (kind) {
    case 'wait':
      return { kind: 'wait', at: word, expected: pick(2), ms: Infinity }
    case 'timed':
      return { kind: 'wait', at: word, expected: pick(2), ms: pick(4) === 0 ? 0 : 5 }
    case 'waitAsync':
      return { kind: 'waitAsync', at: word, expected: pick(2), ms: pick(2) === 0 ? Infinity : 5 }
    case 'notify':
      return { kind: 'notify', at: word, count: 1 + pick(2) }
    case 'spin':
      return { kind: 'spin', at: words.slice(0, 1 + pick(2)), turns: 1 + pick(2) }
    case 'choose':
      return { kind: 'choose', ways: 2 }
  }
  const { at, cell } = place(pick, word, taste)
  switch (kind) {
    case 'load':
    case 'get':
      return { kind, at, cell }
    case 'cas':
      return { kind, at, cell, expected: pick(2), value: pick(3) }
    default:
      return { kind: kind as 'store' | 'swap' | 'add' | 'xor' | 'set', at, cell, value: pick(3) }
  }
}

function place(pick: (n: number) => number, word: number, taste: ProgramFeatures): { at: number; cell: Cell } {
  if (taste.mixed !== true || pick(2) === 0) return { at: word, cell: 'i32' }
  if (pick(2) === 0) return { at: word + pick(4), cell: 'u8' }
  return { at: word + 2 * pick(2), cell: 'u16' }
}

/** The observations of every thread in one execution. */
export class Observations {
  readonly seen: string[][] = []
  /** The results of the asynchronous waits. */
  readonly woken = new Map<string, string>()
  main = ''

  begin(thread: number): string[] {
    return (this.seen[thread] = [])
  }

  clear(): void {
    this.seen.length = 0
    this.woken.clear()
    this.main = ''
  }

  /** Returns all observations as text. A thread that died has those it made before. */
  text(verdict: string): string {
    const woken = [...this.woken].map(([name, how]) => `${name} ${how}`).sort()
    return `${this.seen.map(seen => (seen ?? []).join(',')).join(' | ')} ${woken.join()} -> ${verdict} ${this.main}`
  }
}

/** Runs the program on a world. Must be the main thread's body. */
export function runProgram(w: World, program: Program, sight: Observations): void {
  sight.clear()
  const { threads } = program
  const startedByOthers = new Set(threads.flat().flatMap(step => (step.kind === 'spawn' ? [step.thread] : [])))
  if (program.reaped) w.onDeath(thread => void w.add(16, thread, 'i32'))
  const ids: number[] = []
  for (let t = 0; t < threads.length; t++) {
    if (!startedByOthers.has(t)) ids.push(w.spawn(() => runThread(w, program, t, sight)))
  }
  for (const id of ids) w.join(id)
  sight.main = WORDS.map(at => w.load(at, 'i32')).join(',')
}

function runThread(w: World, program: Program, thread: number, sight: Observations): void {
  const seen = sight.begin(thread)
  const children = new Map<number, number>()
  for (const [i, step] of program.threads[thread].entries()) {
    const result = runStep(w, step, children, program, sight, `${thread}.${i}`)
    if (result !== undefined) seen.push(String(result))
  }
}

function runStep(
  w: World,
  step: Step,
  children: Map<number, number>,
  program: Program,
  sight: Observations,
  name: string,
): string | number | boolean | undefined {
  switch (step.kind) {
    case 'load':
      return w.load(step.at, step.cell) as number
    case 'get':
      return w.get(step.at, step.cell) as number
    case 'set':
      w.set(step.at, step.value as never, step.cell)
      return undefined
    case 'store':
      w.store(step.at, step.value as never, step.cell)
      return undefined
    case 'swap':
      return w.swap(step.at, step.value as never, step.cell) as number
    case 'add':
      return w.add(step.at, step.value as never, step.cell) as number
    case 'xor':
      return w.xor(step.at, step.value as never, step.cell) as number
    case 'cas':
      return w.cas(step.at, step.expected as never, step.value as never, step.cell) as number
    case 'notify':
      return w.notify(step.at, step.count)
    case 'wait':
      return w.wait(step.at, step.expected, step.ms)
    case 'waitAsync':
      return w.waitAsync(step.at, step.expected, step.ms, how => void sight.woken.set(name, how))
    case 'spin':
      for (let turn = 0; turn < step.turns; turn++) {
        if (step.at.some(at => w.load(at, 'i32') !== 0)) return `after ${turn}`
        w.pause()
      }
      return 'gave up'
    case 'spawn':
      children.set(
        step.thread,
        w.spawn(() => runThread(w, program, step.thread, sight)),
      )
      return undefined
    case 'join':
      w.join(children.get(step.thread)!)
      return undefined
    case 'choose':
      return w.choose(step.ways)
  }
}
