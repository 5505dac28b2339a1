/** The checker follows functions of other files through every form of import, because TypeScript resolves them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Project } from '../src/project.ts'
import { ScratchProject, TSCONFIG } from './scratch.ts'

const limit = { timeout: 120_000 }

const QUEUE = `import { mpsc } from 'fearless'
export interface Job { done: boolean }
const [tx] = mpsc.channel<Job>()
export class Queue {
  add(job: Job): void { tx.send(job) }
}
export const queue = new Queue()
export default function send(job: Job): void { tx.send(job) }
`
/** A file without threads. */
const STATE = `let count = 0
export const bump = (): void => { count += 1 }
export const total = (): number => count
export const record = (out: number[], x: number): void => void out.push(x)
`

const user = (queue: string): string => `import send, { queue, type Job } from '${queue}'
export function give(a: Job, b: Job): void {
  queue.add(a)
  a.done = true
  send(b)
  b.done = true
}
`
const borrower = (state: string): string => `import { parIter, thread } from 'fearless'
import { bump, record, total } from '${state}'
export async function run(xs: number[]): Promise<number> {
  const out: number[] = []
  await parIter(xs).forEach(x => record(out, x))
  await thread.spawn(() => bump()).join()
  return total() + out.length
}
`

const PROJECT = {
  'package.json': JSON.stringify({ name: 'app', type: 'module', imports: { '#own/*': './src/*' } }),
  'tsconfig.json': JSON.stringify({
    ...TSCONFIG,
    compilerOptions: {
      ...TSCONFIG.compilerOptions,
      rewriteRelativeImportExtensions: false,
      paths: { '@/*': ['./src/*'] },
    },
    include: ['src', 'users'],
  }),
  'src/queue.ts': QUEUE,
  'src/state.ts': STATE,
  'src/barrel.ts': `export * from './queue.ts'\nexport { default } from './queue.ts'\n`,
  'src/states.ts': `export { bump, record, total } from './state.ts'\n`,
  'packages/jobs/package.json': JSON.stringify({ name: 'jobs', type: 'module', exports: { './*': './*' } }),
  'packages/jobs/queue.ts': QUEUE,
  'packages/jobs/state.ts': STATE,
}

for (const [way, queue, state] of [
  ['a relative path', '../src/queue.ts', '../src/state.ts'],
  ['a barrel', '../src/barrel.ts', '../src/states.ts'],
  ['a path alias', '@/queue.ts', '@/state.ts'],
  ['a path alias of a barrel', '@/barrel.ts', '@/states.ts'],
  ['an entry of "imports"', '#own/queue.ts', '#own/state.ts'],
  ['a package of the workspace', 'jobs/queue.ts', 'jobs/state.ts'],
] as const) {
  test(`the checker sees a move, a lost write and module state through ${way}`, limit, () => {
    using scratch = new ScratchProject({
      ...PROJECT,
      'users/user.ts': user(queue),
      'users/borrower.ts': borrower(state),
    })
    scratch.link('jobs', scratch.at('packages/jobs'))
    const project = new Project(scratch.at('tsconfig.json'))
    try {
      const found = project.check().diagnostics
      const codes = (file: string): string[] =>
        found.filter(each => each.file === scratch.at(file)).map(({ code }) => code)
      assert.deepEqual(codes('users/user.ts'), ['F0382', 'F0382'])
      assert.deepEqual(codes('users/borrower.ts'), ['F0594', 'F1006'])
      assert.equal(found.length, 4)
    } finally {
      project.close()
    }
  })
}
