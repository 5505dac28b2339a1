/** `npm start`: runs the nine programs of the lesson, then the scraper on real documents. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './runtimes.ts'

const run = (title: string, args: readonly string[]): void => {
  console.log(`\n\u2014 ${title} \u2014`)
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

run('The nine programs of the lesson', [join(root, 'scripts/lessons.ts'), '--show'])
run('The scraper: pages that npm ships with itself, from a server on loopback', [
  '--import',
  '@fearless/compiler/register',
  join(root, 'examples/scraper/demo.ts'),
])
