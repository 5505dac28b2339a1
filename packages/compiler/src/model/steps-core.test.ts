import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { ModelFailure, model, type Simulation } from 'fearless/model'
import { toSteps } from './steps.ts'

const MODEL = import.meta.resolve('fearless/model')
const CORE = new URL('../../../fearless/src/core/', import.meta.url)
const words = { from: './memory.ts', steps: ['load', 'store', 'cas', 'swap', 'add', 'notify', 'nap', 'pause'] }

const folder = mkdtempSync(join(tmpdir(), 'fearless-steps-'))
after(() => rmSync(folder, { recursive: true }))

type Program = (simulation: Simulation) => void

/** Loads the core's state machines as generators, and a program that uses them. */
async function load(source: string): Promise<Record<string, Program>> {
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)
  const transform = (name: string, text: string): string => toSteps(name, text, { model: MODEL, words })
  const plain = 'get, set, getFloat, setFloat, copy, leadingZeros'
  // The steps are still imported, but never called.
  write(
    'memory.ts',
    `import { words } from ${JSON.stringify(MODEL)}\n` +
      `export const { ${plain} } = words\n` +
      'export const storeRelaxed = set\n' +
      words.steps.map(step => `export const ${step} = undefined\n`).join(''),
  )
  for (const name of [
    'layout.ts',
    'latch.ts',
    'wait-queue.ts',
    'pages.ts',
    'alloc.ts',
    'count.ts',
    'handles.ts',
    'mutex.ts',
  ]) {
    write(name, transform(name, readFileSync(new URL(name, CORE), 'utf8')))
  }
  write('program.ts', transform('program.ts', source))
  return (await import(pathToFileURL(join(folder, 'program.ts')).href)) as Record<string, Program>
}

test('two threads acquire the lock of the core', async () => {
  const { right, wrong } = await load(`
import { get, set } from './memory.ts'
import { SLOT_ID } from './layout.ts'
import { mutexTry, mutexUnlock } from './mutex.ts'

const MUTEX = 1024
const VALUE = 2048

function enter(slot, locks) {
  set(slot + SLOT_ID, slot)
  if (locks && mutexTry(slot, MUTEX) == 0) return
  set(VALUE, get(VALUE) + 1)
  if (locks) mutexUnlock(slot, MUTEX)
}

export function right() {
  const a = thread.spawn(() => enter(4096, true))
  const b = thread.spawn(() => enter(8192, true))
  a.join()
  b.join()
}

export function wrong() {
  const a = thread.spawn(() => enter(4096, false))
  const b = thread.spawn(() => enter(8192, false))
  a.join()
  b.join()
}
`)
  const { complete, executions } = model(right)
  assert.ok(complete && executions > 1)
  assert.throws(
    () => model(wrong),
    (error: unknown) => error instanceof ModelFailure && error.code === 'FL5005',
  )
})
