/**
 * The setting of the run-time walls that cost more than 5 % of a message of an object: on in development, off in
 * production.
 *
 * `NODE_ENV=production` turns them off. `FEARLESS_WALLS=on` and `FEARLESS_WALLS=off` override it. Cheaper walls are
 * always on and do not read this setting. docs/differences.md lists both kinds.
 */
import { platform } from '#platform'
import { EnvironmentError } from '../../errors.ts'

export const wallsAreOn: boolean = readSetting(platform.setting('FEARLESS_WALLS'))

function readSetting(setting: string | undefined): boolean {
  if (setting === undefined || setting === '') return platform.setting('NODE_ENV') !== 'production'
  if (setting === 'on' || setting === 'off') return setting === 'on'
  throw new EnvironmentError(`FEARLESS_WALLS expects "on" or "off", got "${setting}". Set it to one of the two.`)
}
