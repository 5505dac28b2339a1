/**
 * The syntax tree, as the rest of the compiler sees it.
 *
 * Positions are UTF-16 offsets into the text given to `parse`, which never starts with a byte order mark.
 * Parentheses are nodes of their own (`($a, $b)` must stay one operand when text is put around it), so who
 * asks what an expression *is* asks `unwrap` of it. `parent` is set by the walk in analyse.ts, on every node
 * that is not part of a type.
 */
import { parseSync, visitorKeys } from 'oxc-parser'
import { refuseDeepNesting } from './nesting.ts'

export interface Node {
  type: string
  start: number
  end: number
  parent?: Node
  // oxlint-disable-next-line typescript/no-explicit-any -- some 170 shapes: each reader checks `type` before it touches a field
  [field: string]: any
}

export interface Parsed {
  text: string
  program: Node
  typescript: boolean
}

const LANGUAGES = new Map([
  ['ts', 'ts'],
  ['mts', 'ts'],
  ['cts', 'ts'],
  ['tsx', 'tsx'],
  ['js', 'jsx'],
  ['mjs', 'jsx'],
  ['jsx', 'jsx'],
] as const)

/** The language a url's extension stands for, if it is one of ours. */
export function languageOf(url: string): 'ts' | 'tsx' | 'jsx' | undefined {
  const path = url.replace(/[?#].*$/, '')
  return LANGUAGES.get(path.slice(path.lastIndexOf('.') + 1) as 'ts')
}

/**
 * Undefined when the text has a syntax error: the runtime that loads the file reports it better. Throws a `NestingError` for a
 * text that would overflow the parser's stack.
 */
export function parse(url: string, source: string): Parsed | undefined {
  const lang = languageOf(url)
  if (lang === undefined) return undefined
  const text = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source
  refuseDeepNesting(text, lang !== 'ts')
  const { program, errors } = parseSync('file.' + lang, text, { lang, sourceType: 'module' })
  if (errors.length > 0) return undefined
  return { text, program: program as unknown as Node, typescript: lang !== 'jsx' }
}

export function children(node: Node, visit: (child: Node) => void): void {
  for (const key of visitorKeys[node.type] ?? []) {
    const value = node[key]
    if (Array.isArray(value)) {
      for (const child of value) if (child) visit(child)
    } else if (value) visit(value)
  }
}

const WRAPPERS = new Set(
  (
    'ParenthesizedExpression ChainExpression TSAsExpression TSSatisfiesExpression TSNonNullExpression ' +
    'TSTypeAssertion TSInstantiationExpression'
  ).split(' '),
)

export const isWrapper = (node: Node): boolean => WRAPPERS.has(node.type)

/** The expression itself, without parentheses and types around it. */
export function unwrap(node: Node): Node {
  while (WRAPPERS.has(node.type)) node = node.expression
  return node
}

/** The same value, with the parentheses and types around it. */
export function outermost(node: Node): Node {
  while (node.parent && unwrap(node.parent) !== node.parent) node = node.parent
  return node
}

/** The call that a node is an argument of, through parentheses and types. */
export function callAround(node: Node): Node | undefined {
  const outer = outermost(node)
  const { parent } = outer
  return (parent?.type === 'CallExpression' || parent?.type === 'NewExpression') && parent.callee !== outer
    ? parent
    : undefined
}

export const isFunctionLiteral = (node: Node): boolean =>
  node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression'

/** The name after the dot of `object.name` or `object['name']`. */
export function memberName(member: Node): string | undefined {
  if (!member.computed) return member.property.name
  return typeof member.property.value === 'string' ? member.property.value : undefined
}
