// Runs a program and collects the lines that its main thread prints.
import { programs } from 'virtual:programs'

export interface Outcome {
  readonly lines: readonly string[]
  readonly error: string | undefined
}

export async function outcomeOf(name: string): Promise<Outcome> {
  const lines: string[] = []
  const { log } = console
  console.log = (...values: unknown[]) => {
    const line = values.map(value => (typeof value === 'string' ? value : inspect(value))).join(' ')
    lines.push(line)
    log(line)
  }
  const load = programs[name]
  if (load === undefined) return { lines, error: `There is no program ${name}` }
  return load().then(
    () => ({ lines, error: undefined }),
    (error: unknown) => ({ lines, error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) }),
  )
}

/** Returns the text that Node's console prints, for the values that the programs print. */
function inspect(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return `'${value}'`
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(inspect).join(', ')} ]`
  return String(value)
}
