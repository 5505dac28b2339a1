/** The catalogue of messages: docs/messages.md lists all, each keeps the rules, and each code has a page. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { pageOf } from '../../check/src/explain.ts'
import type { Message } from '../../../scripts/messages/collect.ts'
import { complaintsAbout } from '../../../scripts/messages/rules.ts'
import type { Template } from '../../../scripts/messages/template.ts'
import { outdated, readMessages } from '../../../scripts/messages.ts'

const limit = { timeout: 60_000 }
const { catalogue, sources, written } = readMessages()

test('docs/messages.md and the pages of the codes are those of the sources', limit, () => {
  assert.deepEqual(
    outdated(written).map(({ path }) => path),
    [],
    'run `node scripts/messages.ts --write`, and read the difference',
  )
})

test('every message keeps the rules, and every exception is needed', limit, () => {
  assert.deepEqual(complaintsAbout(catalogue), [])
})

test('every code in the sources has a page', limit, () => {
  const codes = new Set(sources.files.flatMap(({ text }) => text.match(/(?<=['`])FL?\d{4}(?=['`])/g) ?? []))
  assert.ok(codes.size > 60)
  assert.deepEqual(
    [...codes].filter(code => pageOf(code) === undefined),
    [],
  )
})

test('the page of a code lists its messages', limit, () => {
  for (const { kind, code, template } of catalogue.messages) {
    if (kind !== 'error' || code === undefined || code === 'FL2001') continue
    const [text] = template.filter(part => typeof part === 'string').toSorted((a, b) => b.length - a.length)
    assert.ok(pageOf(code)!.includes(text.trim().split('\n')[0]), `${code}: ${text}`)
  }
})

/** The rules refuse a message with this text. */
function refuses(fault: string, message: Partial<Message>, complaint: RegExp): void {
  test(`a message ${fault} is refused`, limit, () => {
    const whole: Message = {
      file: 'a.ts',
      line: 1,
      kind: 'error',
      name: 'MovedError',
      code: 'FL0006',
      role: 'message',
      template: ['It was moved. Clone it.'],
      ...message,
    }
    const found = complaintsAbout({ messages: [...catalogue.messages, whole], problems: catalogue.problems })
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0], complaint)
  })
}

const got = (source: string): Template => ['`f` expects a number, got ', { hole: 'value', source }, '. Pass a number.']

refuses('without a repair', { template: ['It was moved.'] }, /does not say what to do/)
refuses('whose second sentence is no repair', { template: ['It was moved. It is gone.'] }, /does not say what to do/)
refuses('without a period', { template: ['It was moved. Clone it'] }, /does not end with a period/)
refuses('without a capital letter', { template: ['it was moved. Clone it.'] }, /does not begin with a capital letter/)
refuses('with a hidden subject', { template: ['What was moved is gone. Clone it.'] }, /has no subject/)
refuses('that says nothing', { template: ['It expects a function, and 3 is none. Pass it.'] }, /says nothing/)
refuses('of an error without a code', { name: 'Error', code: undefined }, /has no code/)
refuses(
  'that does not name the value it got',
  { name: 'TypeError', code: undefined, template: ['`f` expects a number. Pass one.'] },
  /does not name the value/,
)
refuses(
  'that shows the value it got without `describe`',
  { name: 'TypeError', code: undefined, template: got('value') },
  /not shown by `describe`/,
)
refuses(
  'whose alternative has no repair',
  { template: ['It was moved. ', { choice: [['Clone it.'], ['It is gone.']] }] },
  /does not say what to do/,
)
refuses(
  'of a refusal that is a sentence',
  { kind: 'refusal', name: undefined, code: 'F0382', template: ['It was moved.'] },
  /form of a sentence/,
)

test('an exception that no message needs is refused', limit, () => {
  const messages = catalogue.messages.filter(({ name }) => name !== 'ModelFailure')
  assert.deepEqual(complaintsAbout({ ...catalogue, messages }), ['no message needs this exception: ModelFailure '])
})

test('a message is read through parameters, constants, tables, tuples and calls', limit, () => {
  const page = readFileSync(new URL('../../../docs/messages.md', import.meta.url), 'utf8')
  for (const text of [
    'This value was moved into a oneshot channel. Pass `clone(value)` there to keep this value usable.',
    'Use one of these.',
    'it called ‹close() | process.exit(‹exit - 1›)›. Its handles were dropped',
    'This event loop waits for a Semaphore that no other thread has a handle of',
    'waits for ‹an RwLock | a ReentrantMutex | a Mutex | a Once, OnceLock or LazyLock› that',
  ])
    assert.ok(page.includes(text), text)
})
