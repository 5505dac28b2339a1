/** Workers that cannot load the library: every join ends with the reason, also if main blocks. Each test is a process. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const library = fileURLToPath(new URL('../../..', import.meta.url))

/** An installation of the library whose worker file is damaged in the given way. */
class DamagedLibrary implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'fearless-'))

  constructor(damage: (entry: string) => void) {
    cpSync(join(library, 'package.json'), this.#at('node_modules/fearless/package.json'))
    cpSync(join(library, 'dist'), this.#at('node_modules/fearless/dist'), {
      recursive: true,
      filter: path => !/\.(?:map|d\.ts)$|[\\/]model$/.test(path),
    })
    damage(this.#at('node_modules/fearless/dist/thread/pool/entry.js'))
  }

  run(program: string): { stdout: string; stderr: string } {
    const file = this.#at('program.mjs')
    writeFileSync(file, program)
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 30_000 })
    return { stdout, stderr }
  }

  #at(name: string): string {
    return join(this.path, name)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** Starts threads on main in every way, and prints how each of them ended. */
const PROGRAM = `import { par, parIter, task, thread } from 'fearless'
const print = error => console.log(error.code, error.message.split('\\n')[0])
const two = [thread.spawn(() => 1), thread.spawn(() => 2)]
for (const each of two) await each.join().catch(print)
try { thread.spawn(() => 3).join().wait() } catch (error) { print(error) }
try { thread.builder({ name: 'dedicated', stackSizeMb: 2 }).spawn(() => 4).join().wait() } catch (error) { print(error) }
await thread.builder({ stackSizeMb: 2 }).spawn(() => 5).join().catch(print)
await thread.scope(scope => { scope.spawn(() => 6) }).catch(error => print(error.cause))
console.log(await parIter([1, 2, 3]).map(x => { for (const end = performance.now() + 5; performance.now() < end;); return x * 2 }).collect())
console.log('end')
`

const DAMAGES: [name: string, damage: (entry: string) => void, reason: string][] = [
  ['is missing', entry => rmSync(entry), 'Cannot find module'],
  ['has a syntax error', entry => writeFileSync(entry, 'not a program('), 'SyntaxError'],
  ['throws', entry => writeFileSync(entry, 'throw new Error("damaged")'), 'damaged'],
  ['ends its worker', entry => writeFileSync(entry, 'process.exit(3)'), 'it ended while it booted'],
]

for (const [name, damage, reason] of DAMAGES) {
  test(`if the worker file ${name}, every join ends with the reason`, { timeout: 60_000 }, () => {
    using broken = new DamagedLibrary(damage)
    const { stdout, stderr } = broken.run(PROGRAM)
    const lines = stdout.split('\n')
    assert.equal(stderr, '')
    assert.deepEqual(lines.slice(-3), ['[ 2, 4, 6 ]', 'end', ''])
    assert.equal(lines.length, 9)
    for (const line of lines.slice(0, -3)) {
      assert.match(line, /^FL0012 No thread could start, because a worker failed to load the library: /)
      assert.ok(line.includes(reason), line)
    }
  })
}
