/** docs/names.md has a reason for every public name, and for no other. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fearless from 'fearless'

const page = readFileSync(join(import.meta.dirname, '../../../docs/names.md'), 'utf8')

/** The words in code spans of the first column. A row may give a series, such as `AtomicI8` ... `AtomicU32`. */
const named = new Set(
  page
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .flatMap(line => [...line.split('|')[1].matchAll(/`([\w.]+)`/g)].map(match => match[1])),
)
const SERIES = /^Atomic[IU](?:8|16|32)$/
const NAMESPACES = new Set(['thread', 'mpsc', 'mpmc', 'broadcast', 'oneshot', 'watch', 'task', 'par'])

test('every exported value has a reason in docs/names.md', () => {
  const missing = Object.entries(fearless)
    .flatMap(([name, value]) =>
      NAMESPACES.has(name) ? Object.keys(value as object).map(member => `${name}.${member}`) : [name],
    )
    .filter(name => !named.has(name) && !SERIES.test(name) && name !== 'FearlessError')
  assert.deepEqual(missing, [])
})

test('docs/names.md has no name that is not exported', () => {
  const source = readFileSync(join(import.meta.dirname, 'index.ts'), 'utf8')
  const exists = (name: string): boolean => {
    const [first, member] = name.split('.')
    if (member === undefined) return first in fearless || new RegExp(`\\b${first}\\b`).test(source) || isType(first)
    const owner = (fearless as unknown as Record<string, object | undefined>)[first]
    return owner === undefined ? isType(first) : member in owner
  }
  assert.deepEqual(
    [...named].filter(name => !exists(name)),
    [],
  )
})

/** Types that a namespace or a class brings: they leave no trace at run time. */
function isType(name: string): boolean {
  return new Set(['Wait', 'tryResult', 'Range', 'FileSource']).has(name)
}
