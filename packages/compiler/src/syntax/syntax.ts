/**
 * The syntax tree, as the rest of the compiler uses it.
 *
 * Positions are UTF-16 offsets into the text given to `parse`, which never starts with a byte order mark. Parentheses
 * are nodes of their own, because `($a, $b)` must stay one operand when text is inserted around it. So code that tests
 * the type of an expression must call `unwrap` first. The walk in names.ts sets `parent` on every node that is not part
 * of a type.
 */
import { parseSync, visitorKeys } from 'oxc-parser'
import { refuseDeepNesting } from './nesting.ts'

export interface Node {
  type: string
  start: number
  end: number
  parent?: Node
  // oxlint-disable-next-line typescript/no-explicit-any -- 170 shapes: each reader checks `type` before it reads a field
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

/** Returns the language of a url's extension, or undefined if the compiler does not support it. */
export function languageOf(url: string): 'ts' | 'tsx' | 'jsx' | undefined {
  const path = url.replace(/[?#].*$/, '')
  return LANGUAGES.get(path.slice(path.lastIndexOf('.') + 1) as 'ts')
}

/**
 * Parses a file. Returns undefined if the text has a syntax error, which the runtime that loads the file reports
 * better. Throws a `NestingError` for a text that would overflow the parser's stack.
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

/** Returns the expression without the parentheses and types around it. */
export function unwrap(node: Node): Node {
  while (WRAPPERS.has(node.type)) node = node.expression
  return node
}

/** Returns the expression with the parentheses and types around it. */
export function outermost(node: Node): Node {
  while (node.parent && unwrap(node.parent) !== node.parent) node = node.parent
  return node
}

/** Returns the call that a node is an argument of, through parentheses and types, or undefined. */
export function callAround(node: Node): Node | undefined {
  const outer = outermost(node)
  const { parent } = outer
  return (parent?.type === 'CallExpression' || parent?.type === 'NewExpression') && parent.callee !== outer
    ? parent
    : undefined
}

export const isFunctionLiteral = (node: Node): boolean =>
  node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression'

/** Returns the member name of `object.name` or `object['name']`, or undefined if it is computed. */
export function memberName(member: Node): string | undefined {
  if (!member.computed) return member.property.name
  return typeof member.property.value === 'string' ? member.property.value : undefined
}
