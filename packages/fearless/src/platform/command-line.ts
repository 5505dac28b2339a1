/**
 * The command line of a Node process, as its threads inherit it.
 *
 * - Every worker gets the options of the main thread, such as `--conditions`, and runs its preloads (`--import`,
 *   `--require`).
 * - A loader is a preload that only installs hooks for modules. A worker runs it before the first closure that imports a
 *   file, because it is expensive: tsx costs 30 ms a worker, ts-node 400 ms.
 * - Options that concern the process (V8's heap, the inspector, the test runner) are not passed on. V8's flags hold for
 *   all threads anyway.
 */
const nodeModule = process.getBuiltinModule('node:module')
const { pathToFileURL } = process.getBuiltinModule('node:url')

/** How Node loads a preload. */
type PreloadKind = 'import' | 'require' | 'loader'

export interface InheritedCommandLine {
  /** The options for new workers, preloads included. */
  readonly options: readonly string[]
  /** The loaders, which a worker runs when it needs them. */
  readonly loaders: readonly (readonly [kind: PreloadKind, specifier: string])[]
  /** URL of the folder in which the process was started. */
  readonly folder: string
  /** `process.argv` and `process.execArgv` of the main thread. */
  readonly argv: readonly string[]
  readonly execArgv: readonly string[]
}

const PRELOADS: Readonly<Record<string, PreloadKind>> = {
  '--import': 'import',
  '--require': 'require',
  '-r': 'require',
  '--loader': 'loader',
  '--experimental-loader': 'loader',
}

/** Options that concern the start of the process. A worker would act on them again. */
const OF_PROCESS =
  /^(?:-[ecip]|-pe|--(?:eval|print|check|interactive|input-type|run|title|watch.*|test.*|experimental-test.*|inspect.*|debug.*|env-file.*|build-sea|experimental-sea-config|prof.*|build-snapshot.*))(?:=|$)/
/** Those whose value is the next argument. */
const TAKES_VALUE =
  /^(?:-e|-p|-pe|--eval|--print|--title|--input-type|--env-file|--env-file-if-exists|--run|--watch-path)$/

/** Packages that do nothing but install hooks, by name or in a path. */
const LOADER =
  /(?:^|[/\\"'])(?:tsx|ts-node|@swc-node[/\\]register|@swc[/\\]register|@oxc-node[/\\]core|esbuild-register|jiti|@esbuild-kit[/\\][\w-]+)(?:[/\\"'@]|$)/
/** This library's own preload. Its threads have a hook of their own. */
const OWN = /(?:@fearless[/\\]compiler|[/\\]compiler[/\\](?:dist|src)[/\\]hosts)[/\\]register(?:\.\w+)?$/

export function inheritCommandLine(
  args: readonly string[] = process.execArgv,
  folder: string = process.cwd(),
): InheritedCommandLine {
  const options: string[] = []
  const loaders: [PreloadKind, string][] = []
  for (let at = 0; at < args.length; at++) {
    const [name, ...rest] = args[at].split('=')
    const kind = PRELOADS[name]
    if (kind !== undefined) {
      const specifier = rest.length > 0 ? rest.join('=') : args[++at]
      if (OWN.test(specifier)) continue
      if (kind === 'loader' || LOADER.test(specifier)) loaders.push([kind, specifier])
      else options.push(name, specifier)
    } else if (OF_PROCESS.test(args[at])) {
      if (TAKES_VALUE.test(args[at])) at++
    } else options.push(args[at])
  }
  return { options, loaders, folder: pathToFileURL(`${folder}/`).href, argv: process.argv, execArgv: process.execArgv }
}

/**
 * Returns the options without those that Node has refused for a worker. The error lists them. A value behind a refused
 * option is removed with it.
 */
export function withoutRefused(options: readonly string[], error: unknown): readonly string[] | undefined {
  if ((error as NodeJS.ErrnoException | null)?.code !== 'ERR_WORKER_INVALID_EXEC_ARGV') return undefined
  const refused = ((error as Error).message.split('flags: ')[1] ?? '').split(', ')
  const kept = options.filter((option, at) => {
    const owner = option.startsWith('-') ? option : options[at - 1]
    return !refused.includes(owner)
  })
  if (kept.length < options.length) return kept
  return options.length > 0 ? [] : undefined
}

/** Runs the loaders. The specifiers are relative to the folder of the process. */
export async function runLoaders({ loaders, folder }: InheritedCommandLine): Promise<void> {
  for (const [kind, specifier] of loaders) {
    if (kind === 'require') nodeModule.createRequire(folder)(specifier)
    else if (kind === 'loader') nodeModule.register(specifier, folder)
    else await import(PRELOAD + specifier)
  }
}

/** The prefix of a specifier that is resolved from the folder of the process. */
const PRELOAD = 'fearless-preload:'

/** Returns the specifier of a loader that this module imports; undefined for all other imports. */
export const preloadSpecifier = (specifier: string): string | undefined =>
  specifier.startsWith(PRELOAD) ? specifier.slice(PRELOAD.length) : undefined
