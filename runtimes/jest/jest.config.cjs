module.exports = {
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.[jt]sx?$': ['@fearless/compiler/jest', { then: ['@swc/jest', { jsc: { target: 'es2022' } }] }] },
}
