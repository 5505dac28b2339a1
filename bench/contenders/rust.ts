/**
 * The Rust contender: one binary of bench/rust that measures the same rows with std, rayon, crossbeam and tokio. It
 * prints the same outcomes as the cells in JavaScript.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../rust/', import.meta.url))

/** Builds the binary, once per process. */
export async function prepare(): Promise<{ version: string; missing: string | undefined }> {
  const compiler = spawnSync('rustc', ['--version'], { encoding: 'utf8' })
  if (compiler.status !== 0 || spawnSync('cargo', ['--version']).status !== 0) {
    return { version: '', missing: 'cargo is not installed; see https://rustup.rs' }
  }
  const build = spawnSync('cargo', ['build', '--release', '--locked'], { cwd: folder, stdio: ['ignore', 2, 2] })
  return { version: compiler.stdout.trim(), missing: build.status === 0 ? undefined : 'it does not build; see above' }
}

export function command(args: readonly string[]): readonly string[] {
  return [`${folder}target/release/yardstick`, ...args]
}
