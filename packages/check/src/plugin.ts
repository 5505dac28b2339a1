/**
 * A plugin for oxlint (`jsPlugins`) and ESLint: the codes that need no types.
 *
 *   { "jsPlugins": ["@fearless/check/plugin"], "rules": { "fearless/F0373": "error" } }
 *
 * A linter provides no types to plugins, so rules that need types (moves, held locks) run only in `fearless check`. The
 * plugin parses the text as the checker does, so both report the same findings.
 */
import { mentionsLibrary, type Node } from '@fearless/compiler/analysis'
import { Checker } from './check.ts'
import { NO_ANSWERS, type TypeFacts } from './host/types.ts'
import { FileInfo } from './file-info.ts'
import type { Diagnostic } from './report/diagnostic.ts'
import { LockOrders } from './rules/lock-orders.ts'
import { RULES } from './rules/index.ts'
import { parse } from './syntax/parse.ts'

/** The common part of ESLint's and oxlint's rule contexts, as far as the plugin needs it. */
interface RuleContext {
  readonly filename: string
  readonly sourceCode: { readonly text: string }
  report(problem: { message: string; loc: { start: Position; end: Position }; fix?: (fixer: Fixer) => unknown }): void
}

interface Position {
  readonly line: number
  readonly column: number
}

interface Fixer {
  replaceTextRange(range: [number, number], text: string): unknown
}

interface LintRule {
  readonly meta: {
    readonly type: 'problem'
    readonly fixable: 'code'
    readonly docs: { readonly description: string }
    readonly schema: readonly []
  }
  create(context: RuleContext): { Program(node: unknown): void }
}

const nowhere = (): undefined => undefined

export const SYNTACTIC: readonly string[] = ['F0373', 'F0594', 'F1006', 'F1007', 'F1009', 'FL1000']

/** The findings of the last text, because every rule asks about the same text. */
let last: { text: string; found: readonly Diagnostic[]; file: FileInfo | undefined } | undefined

const rules: Record<string, LintRule> = Object.fromEntries(
  SYNTACTIC.map(code => {
    const title = RULES.find(rule => rule.code === code)!.title
    const rule: LintRule = {
      meta: { type: 'problem', fixable: 'code', docs: { description: title }, schema: [] },
      create: context => ({
        Program() {
          const { text } = context.sourceCode
          if (!mentionsLibrary(text)) return
          if (last?.text !== text) last = look(context.filename, text)
          for (const each of last.found) if (belongs(each.code, code)) report(context, last.file!, each)
        },
      }),
    }
    return [code, rule] as const
  }),
)

const base = { meta: { name: 'fearless' }, rules }

/** ESLint wants the plugin in the configuration that names its rules. */
const plugin = {
  ...base,
  configs: {
    recommended: {
      plugins: { fearless: base },
      rules: Object.fromEntries(SYNTACTIC.map(code => [`fearless/${code}`, 'error'] as const)),
    },
  },
}

export default plugin

const belongs = (found: string, code: string): boolean =>
  found === code || (code === 'FL1000' && found.startsWith('FL'))

function look(path: string, text: string): NonNullable<typeof last> {
  const parsed = parse(path, text)
  // The linter itself reports syntax errors.
  if (!('program' in parsed)) return { text, found: [], file: undefined }
  try {
    const file = new FileInfo(path, parsed)
    file.learn({ ...NO_ANSWERS, types: typesBySyntax(file) })
    const found = new Checker(new LockOrders(), nowhere, nowhere).check({ file, complaints: [], page: false })
    return { text, found: found.filter(({ code }) => SYNTACTIC.some(own => belongs(code, own))), file }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { text, found: [], file: undefined }
  }
}

/** Types from syntax alone: a constant with a primitive literal is `copy`, and every other variable is unknown. */
function typesBySyntax(file: FileInfo) {
  const types = new Map<number, TypeFacts>()
  for (const [id, binding] of file.declarations()) {
    const init: Node | undefined = binding.kind === 'const' && binding.node.id === id ? binding.node.init : undefined
    if (init?.type === 'Literal' || init?.type === 'TemplateLiteral' || init?.type === 'UnaryExpression')
      types.set(id.start, {
        crossing: 'copy',
        name: undefined,
        isArc: false,
        isGuard: false,
        element: nowhere,
        text: () => 'primitive',
      })
  }
  return types
}

function report(context: RuleContext, file: FileInfo, { message, at, help }: Diagnostic): void {
  const place = (offset: number): Position => {
    const { line, column } = file.lines.at(offset)
    return { line, column: column - 1 }
  }
  const edits = help?.safe ? help.edits : undefined
  context.report({
    message: help ? `${message}; ${help.text}` : message,
    loc: { start: place(at.start), end: place(at.end) },
    ...(edits && {
      fix: (fixer: Fixer) => edits.map(({ start, end, text }) => fixer.replaceTextRange([start, end], text)),
    }),
  })
}
