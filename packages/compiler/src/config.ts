/**
 * The project's settings: the section `"fearless"` of its `tsconfig.json`, or else of its `package.json`.
 *
 *   { "fearless": { "allow": ["F1003"], "exclude": ["src/old/"], "pages": ["src/web/"] } }
 *
 * The checker reads them before anything else. The compiler reads them only before it reports a refusal that they may
 * suppress.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

export interface Config {
  /** Codes that are not reported. */
  readonly allow: readonly string[]
  /** Files and folders that are not checked, relative to the project. */
  readonly exclude: readonly string[]
  /** Files and folders that run on a page, where no call may block. */
  readonly pages: readonly string[]
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const KEYS = ['allow', 'exclude', 'pages'] as const
const NOTHING: Config = { allow: [], exclude: [], pages: [] }

/** Returns the nearest `tsconfig.json` in a folder or above it. */
export const findConfig = (from: string): string | undefined => nearest('tsconfig.json', from)

function nearest(name: string, from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const path = join(folder, name)
    if (existsSync(path)) return path
    if (dirname(folder) === folder) return undefined
  }
}

/**
 * Returns true if the project of a file wants a code reported there. Reads `package.json` if there is no
 * `tsconfig.json`.
 */
export function isWanted(code: string, path: string): boolean {
  const folder = dirname(path)
  const config = findConfig(folder) ?? nearest('package.json', folder)
  if (config === undefined) return true
  const { allow, exclude } = configOf(config)
  return !allow.includes(code) && !isNamed(path, dirname(config), exclude)
}

export function configOf(tsconfig: string): Config {
  const folder = dirname(tsconfig)
  const manifest = join(folder, 'package.json')
  for (const path of [tsconfig, manifest]) {
    if (!existsSync(path)) continue
    const section = sectionOf(path)
    if (section !== undefined) return validated(section, path)
  }
  return NOTHING
}

function sectionOf(path: string): unknown {
  const text = readFileSync(path, 'utf8')
  if (!text.includes('"fearless"')) return undefined
  return (parsedConfig(path, text) as { fearless?: unknown }).fearless
}

export function parsedConfig(path: string, text: string): object {
  try {
    const value: unknown = JSON.parse(withoutComments(text))
    return typeof value === 'object' && value !== null ? value : {}
  } catch (error) {
    throw new ConfigError(`${path} could not be read: ${(error as Error).message}. Correct its JSON.`, { cause: error })
  }
}

function validated(section: unknown, path: string): Config {
  if (typeof section === 'string') return NOTHING
  if (typeof section !== 'object' || section === null || Array.isArray(section))
    throw new ConfigError(
      `"fearless" in ${path} expects an object, got ${JSON.stringify(section)}. Write { "fearless": { "allow": [] } }.`,
    )
  const config: Record<string, readonly string[]> = {}
  for (const [key, value] of Object.entries(section)) {
    if (!KEYS.includes(key as 'allow'))
      throw new ConfigError(`Unknown option "${key}" under "fearless" in ${path}. Options are ${KEYS.join(', ')}.`)
    if (!Array.isArray(value) || !value.every(item => typeof item === 'string'))
      throw new ConfigError(
        `"fearless.${key}" in ${path} expects an array of strings, got ${JSON.stringify(value)}. Write { "fearless": { "${key}": [] } }.`,
      )
    config[key] = value
  }
  return { ...NOTHING, ...config }
}

/** Returns true if `path` is one of the files, or in one of the folders, that are named relative to `folder`. */
export function isNamed(path: string, folder: string, names: readonly string[]): boolean {
  const own = relative(folder, path).replaceAll('\\', '/')
  return names.some(name => {
    const plain = name.replace(/^\.\//, '').replace(/\/(?:\*\*?)?$/, '')
    return own === plain || own.startsWith(`${plain}/`)
  })
}

/** Removes comments, and commas before a closing bracket, which TypeScript allows in its configuration files. */
function withoutComments(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\r\n]*|\/\*[\s\S]*?\*\//g, (_, string: string | undefined) => string ?? ' ')
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, string: string | undefined) => string ?? '')
}
