import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ScratchFolder } from '../../../../scripts/scratch.ts'

const guide = readFileSync(new URL('../../../../docs/model.md', import.meta.url), 'utf8')

/** Runs a program. Returns its output. */
function run(file: string, source: string, fails = true): string {
  using scratch = new ScratchFolder({ [file]: source })
  const { stdout, stderr, status } = spawnSync(process.execPath, [scratch.at(file)], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  })
  const printed = `${stdout}\n${stderr}`
  assert.equal(status !== 0, fails, fails ? 'the program must fail' : printed)
  return printed
}

const programs = [...guide.matchAll(/```ts fails\n(.*?)```/gs)].map(match => match[1])
const [trace] = [...guide.matchAll(/```text\n(.*?)```/gs)].map(match => match[1].trimEnd().split('\n'))

test('the first program of the guide prints the trace of the guide', () => {
  const printed = run('count.test.ts', programs[0])
  for (const line of trace) assert.ok(printed.includes(line), `${line}\n--- is not in ---\n${printed}`)
})

test('the other programs of the guide fail as the guide says', () => {
  assert.match(run('kill.ts', programs[1]), /(deadlock|lost wake-up): no thread can run; .*\n(.*\n)*.*death of [ab]/)
  assert.match(run('async.ts', programs[2]), /main threw Error: overdrawn/)
})

/** The examples of docstrings, with the imports that they omit. */
const examples = globSync('**/*.ts', { cwd: import.meta.dirname })
  .filter(file => !/\.(?:test|fixture|bench|model)\.ts$/.test(file))
  .flatMap(file => {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8')
    return [...text.matchAll(/^[ \t]*\* ```ts\n(.*?)^[ \t]*\* ```$/gms)].map(([, example], at) => ({
      name: `${file} ${at + 1}`,
      program: withImports(example.replaceAll(/^[ \t]*\* ?/gm, '')),
    }))
  })

function withImports(example: string): string {
  if (example.includes('import ')) return example
  return `import assert from 'node:assert/strict'\nimport { model } from 'fearless/model'\n${example}`
}

test('the examples of docstrings pass their assertions', { timeout: 120_000 }, async t => {
  assert.ok(examples.length >= 2)
  for (const { name, program } of examples) await t.test(name, () => void run('example.ts', program, false))
})
