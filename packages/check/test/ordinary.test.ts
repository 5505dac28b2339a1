/** The checker must report no finding in ordinary code: every file of this workspace, with or without threads. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checkAll, described } from './ordinary/check-all.ts'
import { Project } from '../src/project.ts'

const limit = { timeout: 120_000 }
const here = fileURLToPath(new URL('./', import.meta.url))

for (const name of ['fearless', 'compiler', 'check']) {
  test(`the sources of ${name} have no finding`, limit, () => {
    const { files, diagnostics } = checkAll(`${here}../../${name}/tsconfig.json`)
    assert.deepEqual(diagnostics.map(described), [])
    assert.ok(files > 20, `${files} files`)
  })
}

test('the lessons, the examples and the programs of the runtimes have no finding', limit, () => {
  const project = new Project(`${here}ordinary/tsconfig.json`)
  try {
    const { diagnostics, files, looked } = project.check()
    assert.deepEqual(diagnostics.map(described), [])
    assert.ok(files > 60 && looked > 30, `${looked} of ${files} files`)
  } finally {
    project.close()
  }
})

test('the programs that the type wall accepts have no finding', limit, () => {
  const project = new Project(`${here}fixtures/tsconfig.json`)
  try {
    const accepted = project
      .check()
      .diagnostics.filter(({ file, code }) => file.includes('/accepted/') && code === 'F0277')
    assert.deepEqual(accepted.map(described), [])
  } finally {
    project.close()
  }
})
