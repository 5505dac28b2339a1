/**
 * The settings of the process in environment variables, checked when they are read.
 */
import { platform } from '#platform'
import { EnvironmentError } from '../errors.ts'

/**
 * Whether the run-time walls are on that cost more than 5 % of a message of an object: on in development, off in
 * production.
 *
 * `NODE_ENV=production` turns them off. `FEARLESS_WALLS=on` and `FEARLESS_WALLS=off` override it. Cheaper walls are
 * always on and do not read this setting. docs/differences.md lists both kinds.
 */
export const wallsAreOn: boolean = readWalls(platform.setting('FEARLESS_WALLS'))

function readWalls(setting: string | undefined): boolean {
  if (setting === undefined || setting === '') return platform.setting('NODE_ENV') !== 'production'
  if (setting === 'on' || setting === 'off') return setting === 'on'
  throw new EnvironmentError(
    `FEARLESS_WALLS expects "on" or "off", got ${JSON.stringify(setting)}. Set it to one of the two.`,
  )
}

/**
 * Reads a whole number from the environment. Returns undefined if it is not set, and throws `EnvironmentError` if it is
 * not valid.
 */
export function wholeNumber(name: string, of: string, least: number, most: number): number | undefined {
  const setting = platform.setting(name)
  if (setting === undefined) return undefined
  const value = setting === '' ? NaN : Number(setting)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new EnvironmentError(
    `${name} expects a whole number ${of} from ${least} to ${most}, got ${JSON.stringify(setting)}. Set it to such a number.`,
  )
}
