/**
 * Type-checks the lessons and the example programs with every version of TypeScript, unchanged.
 *
 * Lesson 6 shows a refusal under `@ts-expect-error`, which hides tsc's message. Without that line tsc must print the
 * message that the lesson quotes.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { VERSIONS, refusals, tsc } from './compilers.ts'

const limit = { timeout: 120_000 }
const here = fileURLToPath(new URL('./', import.meta.url))
const lesson = readFileSync(new URL('../../../lessons/6-rc-and-arc.ts', import.meta.url), 'utf8')
const EXPECTED = /^ *\/\/ @ts-expect-error (.*)\n/m

for (const version of VERSIONS) {
  test(`TypeScript ${version} accepts the lessons and the examples`, limit, () => {
    assert.deepEqual(refusals(tsc(version, `${here}programs`)), [])
  })

  test(`TypeScript ${version} refuses lesson 6 with the message in its comment`, limit, () => {
    const folder = mkdtempSync(`${here}.lesson-`)
    try {
      writeFileSync(`${folder}/lesson.ts`, lesson.replace(EXPECTED, ''))
      const project = { extends: '../programs/tsconfig.json', files: ['lesson.ts'], include: [] }
      writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(project))
      const texts = refusals(tsc(version, folder)).map(({ text }) => text)
      const words = EXPECTED.exec(lesson)![1]!
      const type = "Argument of type 'Rc<number>' is not assignable to parameter of type"
      assert.deepEqual(texts, [`${type} '"${words}"'.`])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}
