/** Runs the rules over files whose types are known. */
import type { Node } from '@fearless/compiler/analysis'
import { Effects } from './flow/effects.ts'
import type { FileAt } from './flow/reach.ts'
import { visitEffects } from './flow/solve.ts'
import { Summaries } from './flow/summary.ts'
import { WriteSummaries } from './flow/writes.ts'
import type { TypeDiagnostic } from './host/types.ts'
import type { FileInfo } from './file-info.ts'
import type { Diagnostic, Finding, Label } from './report/diagnostic.ts'
import { lockOrder } from './rules/lock-order.ts'
import type { LockOrders } from './rules/lock-orders.ts'
import { RULES } from './rules/index.ts'
import type { FileContext, FlowContext, Rule } from './rules/rule.ts'

export interface CheckedFile {
  readonly file: FileInfo
  readonly complaints: readonly TypeDiagnostic[]
  readonly page: boolean
}

const STEPS = RULES.filter(({ step }) => step !== undefined)

/** Keeps the summaries and the lock orders of a project across its files. */
export class Checker {
  readonly #effects = new Map<FileInfo, Effects>()
  readonly #summaries: Summaries

  readonly #orders: LockOrders

  readonly #fileAt: FileAt
  readonly #writes: WriteSummaries

  /** `learnt` returns a file with its types, `fileAt` any file of the project. */
  constructor(orders: LockOrders, learnt: FileAt, fileAt: FileAt) {
    this.#orders = orders
    this.#fileAt = fileAt
    this.#writes = new WriteSummaries(fileAt)
    this.#summaries = new Summaries(file => this.effectsOf(file), learnt)
  }

  effectsOf(file: FileInfo): Effects {
    let effects = this.#effects.get(file)
    if (effects === undefined) this.#effects.set(file, (effects = new Effects(file, this.#summaries)))
    return effects
  }

  check({ file, complaints, page }: CheckedFile): Diagnostic[] {
    this.#orders.start(file.path)
    const effects = this.effectsOf(file)
    const context: FileContext = {
      file,
      effects,
      complaints,
      page,
      orders: this.#orders,
      fileAt: this.#fileAt,
      writes: this.#writes,
    }
    const found: Said[] = []
    for (const rule of RULES) for (const finding of rule.file?.(context) ?? []) found.push(said(rule, file, finding))
    for (const owner of file.owners()) this.#flow({ ...context, owner }, found)
    return settled(found)
  }

  /** Returns the diagnostics of a file that depend on all files: cycles of lock orders. */
  cyclesAt(file: FileInfo): Diagnostic[] {
    return settled([...this.#orders.cyclesAt(file.path)].map(finding => said(lockOrder, file, finding)))
  }

  #flow(context: FlowContext, found: Said[]): void {
    const { file, owner, effects } = context
    const complete = whereStackSuffices(() =>
      visitEffects(file.graphOf(owner), effects.of, effects.startOf(owner), (effect, before) => {
        for (const rule of STEPS)
          for (const finding of rule.step!(effect, before, context)) found.push(said(rule, file, finding))
      }),
    )
    if (!complete) found.push({ diagnostic: tooLarge(file, owner), once: undefined })
  }
}

/** Runs `walk`. Returns false if it overflowed the stack, because a function is nested too deeply. */
function whereStackSuffices(walk: () => boolean): boolean {
  try {
    return walk()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return false
  }
}

function tooLarge(file: FileInfo, owner: Node): Diagnostic {
  const name = nameOf(owner)
  const what = name ?? (owner.type === 'Program' ? 'this module' : 'this function')
  const { start, end } = owner.id ?? { start: owner.start, end: owner.start }
  return {
    code: 'F0002',
    severity: 'warning',
    file: file.path,
    message: `${name === undefined ? what : `\`${name}\``} is too large to be checked completely: its moves, borrows and guards were not followed`,
    at: { start, end, label: 'checking it would take too long' },
    also: [],
    notes: [],
    help: { text: 'split it into smaller functions' },
  }
}

function nameOf({ id, parent }: Node): string | undefined {
  const named = id ?? (parent?.type === 'VariableDeclarator' ? parent.id : parent?.key)
  return named?.type === 'Identifier' ? named.name : undefined
}

interface Said {
  readonly diagnostic: Diagnostic
  readonly once: string | undefined
}

function said(rule: Rule, file: FileInfo, finding: Finding): Said {
  return { diagnostic: diagnostic(rule, file, finding), once: finding.once && `${rule.code} ${finding.once}` }
}

function diagnostic(rule: Rule, file: FileInfo, finding: Finding): Diagnostic {
  const also = (finding.also ?? []).filter((label): label is Label => label !== undefined)
  return {
    code: finding.code ?? rule.code,
    severity: rule.severity,
    file: file.path,
    message: finding.message,
    at: finding.at,
    also: also.filter(
      ({ start, end, file }) => file !== undefined || start !== finding.at.start || end !== finding.at.end,
    ),
    notes: finding.notes ?? [],
    ...(finding.help && { help: finding.help }),
  }
}

/** Sorts findings by location, and removes duplicates. */
function settled(found: readonly Said[]): Diagnostic[] {
  const sorted = found.toSorted(
    (a, b) => a.diagnostic.at.start - b.diagnostic.at.start || a.diagnostic.code.localeCompare(b.diagnostic.code),
  )
  const said = new Set<string>()
  return sorted.flatMap(({ diagnostic, once }) => {
    const keys = [`${diagnostic.code} at ${diagnostic.at.start}`, ...(once === undefined ? [] : [once])]
    if (keys.some(key => said.has(key))) return []
    for (const key of keys) said.add(key)
    return [diagnostic]
  })
}
