/** The contenders, in the order of the columns, and the command that starts a process for each. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as rust from './contenders/rust.ts'

export interface Entrant {
  readonly name: string
  /** `walls`: fearless with the walls of development, which production turns off. */
  readonly role: 'ours' | 'walls' | 'ground' | 'rival' | 'floor' | 'rust'
  readonly version: string
  /** The reason why it cannot run now, and the repair. */
  readonly missing: string | undefined
  readonly command: (args: readonly string[]) => readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export const BENCH = fileURLToPath(new URL('.', import.meta.url))
const CELL = `${BENCH}dist/cell.js`
const RIVALS = ['multithreading', 'piscina', 'tinypool', 'workerpool', 'comlink']

function node(name: string, flags: readonly string[] = []): Entrant['command'] {
  return ([row, ...conditions]) => [process.execPath, ...flags, CELL, row, name, ...conditions]
}

function versionIn(folder: string): string | undefined {
  const file = `${folder}/package.json`
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : undefined
}

function rival(name: string): Entrant {
  const version = versionIn(`${BENCH}node_modules/${name}`)
  const missing = version === undefined ? 'not installed; see the message of npm above' : undefined
  return { name, role: 'rival', version: version ?? '', missing, command: node(name) }
}

export async function lineUp(): Promise<Entrant[]> {
  const built = existsSync(`${BENCH}../packages/fearless/dist/index.js`)
  const ours = {
    version: versionIn(`${BENCH}../packages/fearless`) ?? '',
    missing: built ? undefined : 'not built; run `npm run build` first',
    command: node('fearless', ['--import', '@fearless/compiler/register']),
  }
  return [
    { name: 'fearless', role: 'ours', ...ours, env: { FEARLESS_WALLS: 'off' } },
    { name: 'walls', role: 'walls', ...ours, env: { FEARLESS_WALLS: 'on' } },
    { name: 'postmessage', role: 'ground', version: process.version, missing: undefined, command: node('postmessage') },
    ...RIVALS.map(rival),
    { name: 'floor', role: 'floor', version: process.version, missing: undefined, command: node('floor') },
    { name: 'rust', role: 'rust', ...(await rust.prepare()), command: rust.command },
  ]
}
