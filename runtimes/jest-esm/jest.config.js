export default {
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.[jt]sx?$': '@fearless/compiler/jest' },
}
