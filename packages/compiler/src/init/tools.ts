/**
 * The tools that `fearless init` recognises, and the lines of docs/where.md that add the compiler to each.
 *
 * A configuration is code of the project, so its lines are printed and never edited.
 */

/** The parts of a project that say which tools it uses. */
export interface Project {
  /** The names of its direct dependencies, of all kinds. */
  readonly packages: ReadonlySet<string>
  readonly scripts: Readonly<Record<string, string>>
  /** Returns the name of the first file in the folder that matches. */
  find(pattern: RegExp): string | undefined
}

export interface Tool {
  readonly name: string
  /** Matches the names of its configuration files. */
  readonly config: RegExp
  /** The package that has the tool. */
  readonly package: string
  /** The configuration file to create if there is none. */
  readonly file: string
  lines(project: Project): readonly string[]
}

const configOf = (name: string): RegExp => new RegExp(`^${name}\\.config\\.[cm]?[jt]s$`)

function bundler(name: string, plugin: string, line = 'plugins: [fearless()],', remark?: string): Tool {
  return {
    name,
    package: name,
    config: configOf(name),
    file: `${name}.config.mjs`,
    lines: () => [
      `import fearless from '@fearless/compiler/${plugin}'`,
      line,
      ...(remark === undefined ? [] : [`// ${remark}`]),
    ],
  }
}

export const TOOLS: readonly Tool[] = [
  bundler('vite', 'vite'),
  { ...bundler('vitest', 'vite'), config: /^(?:vitest|vite)\.config\.[cm]?[jt]s$/, file: 'vitest.config.ts' },
  {
    ...bundler('jest', 'jest'),
    config: /^jest\.config\.(?:[cm]?[jt]s|json)$/,
    file: 'jest.config.cjs',
    lines: ({ packages }) => {
      const then = ['@swc/jest', 'ts-jest'].find(each => packages.has(each)) ?? 'babel-jest'
      return [`transform: { '^.+\\\\.[jt]sx?$': ['@fearless/compiler/jest', { then: '${then}' }] }`]
    },
  },
  {
    ...bundler('next', 'webpack'),
    lines: () => [
      `import fearless from '@fearless/compiler/webpack'`,
      'webpack(config, { isServer, nextRuntime }) {',
      `  if (isServer && nextRuntime === 'nodejs') config.plugins.push(fearless())`,
      '  return config',
      '},',
      '// Build with `next build --webpack`.',
    ],
  },
  bundler('webpack', 'webpack'),
  { ...bundler('rspack', 'rspack'), package: '@rspack/core' },
  bundler('rollup', 'rollup', 'fearless(),', 'In `plugins`, before plugins that remove types.'),
  bundler('rolldown', 'rolldown'),
  bundler('tsdown', 'rolldown'),
  bundler('tsup', 'esbuild', 'esbuildPlugins: [fearless()],'),
  { ...bundler('esbuild', 'esbuild'), config: /^(?:esbuild|build)(?:\.config)?\.[cm]?[jt]s$/, file: 'build.mjs' },
  {
    name: 'mocha',
    package: 'mocha',
    config: /^\.mocharc\.(?:[cm]?js|jsonc?|ya?ml)$/,
    file: '.mocharc.json',
    lines: () => ['{ "node-option": ["import=@fearless/compiler/register"] }'],
  },
]

/** Returns the tools of a project. Next.js and Rspack have configurations that name webpack, not webpack itself. */
export function toolsOf(project: Project): Tool[] {
  const { packages, find } = project
  const uses = (tool: Tool): boolean =>
    packages.has(tool.package) || (tool.package === tool.name && find(configOf(tool.name)) !== undefined)
  const found = TOOLS.filter(uses)
  // Vitest reads the configuration of Vite, unless it has its own.
  const shared = found.some(({ name }) => name === 'vite') && find(configOf('vitest')) === undefined
  return found.filter(({ name }) => !(name === 'vitest' && shared && find(configOf('vite')) !== undefined))
}

/** A program that a script starts by Node or tsx. */
const STARTS = /^(?:(?<node>node)|(?<tsx>tsx)(?: watch)?) (?<file>[\w./-]+\.[cm]?[jt]sx?)(?<rest>.*)$/

/** Returns the scripts that start a program without the compiler, and their new texts. */
export function startsOf({
  scripts,
}: Project): { readonly name: string; readonly from: string; readonly to: string }[] {
  return Object.entries(scripts).flatMap(([name, from]) => {
    const { node, file, rest = '' } = STARTS.exec(from)?.groups ?? {}
    if (file === undefined) return []
    const to =
      node === undefined ? `node --import tsx --import @fearless/compiler/register ${file}` : `fearless run ${file}`
    return [{ name, from, to: to + rest }]
  })
}
