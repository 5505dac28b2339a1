/**
 * The transformer for Jest, in CommonJS and in ES modules.
 *
 *   export default { transform: { '^.+\\.[jt]sx?$': ['@fearless/compiler/jest', { then: '@swc/jest' }] } }
 *
 * It marks the closures, then passes the file to the transformer that the project used before: `then` is its name, or
 * a pair of its name and its options. Without `then` the file must be a module that Node runs: with
 * `--experimental-vm-modules`, TypeScript included.
 *
 * Jest evaluates each test file in a context of its own, with a module registry of its own. The library exists once per
 * process, because its threads do. So it is loaded outside of Jest's registry. Threads load the files of the project by
 * Node, so `jest.mock` and `moduleNameMapper` have no effect in them.
 */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { registration, warningOfMocks } from './bundle.ts'
import { transform } from '../index.ts'
import { eraseTypes } from '../transform.ts'
import { mentionsLibrary } from '../syntax/nesting.ts'
import { parse, type Node } from '../syntax/syntax.ts'

interface Transformed {
  readonly code: string
  readonly map?: unknown
}

/** The part of Jest's transformers that is used here. */
interface Transformer {
  process?(source: string, path: string, options: TransformOptions): Transformed
  processAsync?(source: string, path: string, options: TransformOptions): Promise<Transformed>
  getCacheKey?(source: string, path: string, options: TransformOptions): string
}

interface TransformOptions {
  readonly configString: string
  readonly instrument: boolean
  readonly config: { readonly rootDir: string }
  readonly transformerConfig: unknown
}

interface FearlessOptions {
  readonly then?: string | readonly [name: string, options: unknown]
}

const COMPILER = import.meta.url.replace(/hosts\/jest(\.\w+)$/, 'transform$1')

export default {
  createTransformer: ({ then }: FearlessOptions = {}): Transformer => {
    const [name, own] = typeof then === 'string' ? [then, undefined] : (then ?? [])
    let next: Transformer | undefined
    const nextOf = ({ config }: TransformOptions): Transformer | undefined =>
      name === undefined ? undefined : (next ??= load(name, own, config.rootDir))
    const passed = (options: TransformOptions): TransformOptions => ({ ...options, transformerConfig: own ?? {} })

    return {
      getCacheKey(source, path, options) {
        const inner = nextOf(options)?.getCacheKey?.(source, path, passed(options)) ?? ''
        const parts = [VERSION, path, source, options.configString, String(options.instrument), inner]
        return createHash('sha256').update(parts.join('\0')).digest('hex')
      },
      process(source, path, options) {
        const code = marked(source, path)
        return nextOf(options)?.process?.(code, path, passed(options)) ?? { code: eraseTypes(urlOf(path), code) }
      },
      async processAsync(source, path, options) {
        const code = marked(source, path)
        const transformer = nextOf(options)
        if (transformer?.processAsync) return transformer.processAsync(code, path, passed(options))
        return transformer?.process?.(code, path, passed(options)) ?? { code: eraseTypes(urlOf(path), code) }
      },
    }
  },
}

/** Changes with every build of the compiler, because Jest keeps transformed files. */
const VERSION = String(statSync(fileURLToPath(import.meta.url)).mtimeMs)

const urlOf = (path: string): string => pathToFileURL(path).href

function load(name: string, own: unknown, rootDir: string): Transformer {
  const module = createRequire(`${rootDir}/`)(name) as Record<string, unknown>
  const found = (module['default'] ?? module) as Transformer & { createTransformer?(options: unknown): Transformer }
  return found.createTransformer?.(own ?? {}) ?? found
}

/** Returns a file with its closures marked, which registers their texts when it is evaluated. */
function marked(source: string, path: string): string {
  if (!mentionsLibrary(source)) return source
  const url = urlOf(path)
  const found = transform(url, source, { usingLocations: true })
  const warning = found && warningOfMocks(source, found.texts)
  if (warning !== undefined) console.warn(`${path}: ${warning}`)
  return found === undefined ? source : registration(found.texts, COMPILER) + withLibraryOutside(url, found.code)
}

/** The expression for `require` outside of Jest's registry. */
const OUTSIDE =
  // Jest has a `process` and a `createRequire` of its own in each test file.
  `process.getBuiltinModule('node:vm').runInThisContext("process.getBuiltinModule('node:module').createRequire")` +
  `(${JSON.stringify(fileURLToPath(import.meta.url))})`

/** Replaces the imports of the library by constants. */
function withLibraryOutside(url: string, code: string): string {
  const parsed = parse(url.replace(/\.[cm]?tsx?$/, '.js'), code)
  if (parsed === undefined) return code
  let result = parsed.text
  for (const statement of (parsed.program.body as Node[]).toReversed()) {
    if (statement.type !== 'ImportDeclaration' || !/^fearless(?:\/|$)/.test(statement.source.value as string)) continue
    const lines = result.slice(statement.start, statement.end).replace(/[^\n]/g, '')
    result = result.slice(0, statement.start) + constantsOf(statement) + lines + result.slice(statement.end)
  }
  return result
}

function constantsOf({ specifiers, source }: Node): string {
  const module = `${OUTSIDE}(${JSON.stringify(source.value)})`
  const names: string[] = []
  let text = ''
  for (const { type, local, imported } of specifiers as Node[]) {
    if (type === 'ImportNamespaceSpecifier') text += `const ${local.name} = ${module};`
    else {
      const name: string = type === 'ImportDefaultSpecifier' ? 'default' : (imported.name ?? imported.value)
      names.push(`${JSON.stringify(name)}: ${local.name}`)
    }
  }
  return names.length > 0 ? `${text}const { ${names.join(', ')} } = ${module};` : text
}
