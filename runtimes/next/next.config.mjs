import fearless from '@fearless/compiler/webpack'

export default {
  webpack(config, { isServer, nextRuntime }) {
    if (isServer && nextRuntime === 'nodejs') config.plugins.push(fearless())
    return config
  },
  // The stacks of errors name the lines of the sources.
  experimental: { serverSourceMaps: true, externalDir: true },
  typescript: { ignoreBuildErrors: true },
}
