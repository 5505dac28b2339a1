/**
 * Type-checks the lessons and the example programs with every version of TypeScript, unchanged.
 *
 * Lesson 6 shows a refusal under `@ts-expect-error`, which hides tsc's message. Without that line tsc must print the
 * message that the lesson quotes.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { VERSIONS, refusals, tsc } from './compilers.ts'
import { ScratchProject } from './scratch.ts'

const limit = { timeout: 120_000 }
const here = fileURLToPath(new URL('./', import.meta.url))
const lesson = readFileSync(new URL('../../../lessons/6-rc-and-arc.ts', import.meta.url), 'utf8')
const EXPECTED = /^ *\/\/ @ts-expect-error (.*)\n/m

for (const version of VERSIONS) {
  test(`TypeScript ${version} accepts the lessons and the examples`, limit, () => {
    assert.deepEqual(refusals(tsc(version, `${here}programs`)), [])
  })

  test(`TypeScript ${version} refuses lesson 6 with the message in its comment`, limit, () => {
    const tsconfig = { extends: `${here}programs/tsconfig.json`, files: ['lesson.ts'], include: [] }
    using project = new ScratchProject({ 'lesson.ts': lesson.replace(EXPECTED, '') }, { tsconfig })
    const texts = refusals(tsc(version, project.path)).map(({ text }) => text)
    const words = EXPECTED.exec(lesson)![1]!
    const type = "Argument of type 'Rc<number>' is not assignable to parameter of type"
    assert.deepEqual(texts, [`${type} '"${words}"'.`])
  })
}
