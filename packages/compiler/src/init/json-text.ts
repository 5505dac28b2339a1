/**
 * Insertions into the text of a JSON file that may have comments and trailing commas.
 *
 * JSON is a subset of JavaScript's expressions, so the compiler's parser finds the places. An insertion keeps every
 * character of the text, and adds nothing where the key is present.
 */
import { parseSync } from 'oxc-parser'
import type { Node } from '../syntax/syntax.ts'

/** A value that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** Returns the value of a text; undefined if the text is no JSON object. */
export function parseJson(text: string): Json | undefined {
  const root = rootOf(text)
  return root && valueOf(root)
}

/** Returns the text with a member at the path. Returns the same text if there is one, or if a parent is no object. */
export function withMember(text: string, path: readonly string[], value: Json): string {
  let at = rootOf(text)
  if (at === undefined) return text
  for (const [depth, key] of path.entries()) {
    if (at.type !== 'ObjectExpression') return text
    const member = (at.properties as Node[]).find(each => keyOf(each) === key)
    if (member === undefined) {
      const inner = path.slice(depth + 1).reduceRight<Json>((nested, name) => ({ [name]: nested }), value)
      return inserted(text, at, at.properties as Node[], indent => `${JSON.stringify(key)}: ${printed(inner, indent)}`)
    }
    at = member.value as Node
  }
  return text
}

/** Returns the text with an element more in the array at the path. Returns the same text if there is no array. */
export function withElement(text: string, path: readonly string[], value: Json): string {
  let at = rootOf(text)
  for (const key of path) {
    if (at?.type !== 'ObjectExpression') return text
    at = (at.properties as Node[]).find(each => keyOf(each) === key)?.value as Node | undefined
  }
  if (at?.type !== 'ArrayExpression') return text
  return inserted(text, at, at.elements as Node[], indent => printed(value, indent))
}

/** The text is parsed in parentheses, which move each place by one. */
function rootOf(text: string): Node | undefined {
  const { program, errors } = parseSync('text.js', `(${text.replace(/^\uFEFF/, ' ')}\n)`)
  const statement = program.body[0] as unknown as Node | undefined
  const root = statement?.type === 'ExpressionStatement' ? unwrapped(statement.expression as Node) : undefined
  return errors.length === 0 && root?.type === 'ObjectExpression' ? root : undefined
}

function unwrapped(node: Node): Node {
  return node.type === 'ParenthesizedExpression' ? unwrapped(node.expression as Node) : node
}

function keyOf(member: Node): string | undefined {
  const key = member.key as Node | undefined
  return (key?.value ?? key?.name) as string | undefined
}

function valueOf(node: Node): Json {
  switch (node.type) {
    case 'ObjectExpression':
      return Object.fromEntries(
        (node.properties as Node[]).map(each => [keyOf(each) ?? '', valueOf(each.value as Node)]),
      )
    case 'ArrayExpression':
      return (node.elements as Node[]).map(valueOf)
    case 'Literal':
      return node.value as Json
    case 'UnaryExpression':
      return -(node.argument.value as number)
    default:
      return null
  }
}

/** Inserts a member or element behind the others. The comment behind the last one stays with it. */
function inserted(text: string, parent: Node, others: readonly Node[], print: (indent: string | undefined) => string) {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const unit = /\n([ \t]+)"/.exec(text)?.[1] ?? '  '
  const last = others.at(-1)
  const lineIndent = (offset: number): string => /[ \t]*/.exec(text.slice(text.lastIndexOf('\n', offset - 1) + 1))![0]
  if (last === undefined) {
    const open = parent.start
    const outer = lineIndent(open)
    const rest = text.slice(open, parent.end - 2)
    const indent = outer + unit
    const body = `${eol}${indent}${print(indent).replaceAll('\n', eol)}`
    return text.slice(0, open) + body + (rest.trim() === '' ? `${eol}${outer}` : rest) + text.slice(parent.end - 2)
  }
  const end = last.end - 1
  const rest = text.slice(end, parent.end - 2)
  const line = /^(,?)[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/)?[ \t]*(?=\r?\n)/.exec(rest)
  if (line === null) return `${text.slice(0, end)}, ${print(undefined)}${text.slice(end)}`
  const indent = lineIndent(last.start - 1)
  const head = text.slice(0, end) + (line[1] === '' ? ',' : '')
  const member = `${eol}${indent}${print(indent).replaceAll('\n', eol)}${line[1]}`
  return head + line[0] + member + text.slice(end + line[0].length)
}

/** Prints a value as Prettier does in short: on one line if `indent` is undefined or the value is no object. */
function printed(value: Json, indent: string | undefined): string {
  if (indent === undefined || typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value) && value.every(each => typeof each !== 'object'))
    return `[${value.map(each => JSON.stringify(each)).join(', ')}]`
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${indent}`)
}
