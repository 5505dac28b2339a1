/** The pages of the codes that the checker reports itself, without a rule. */
export const OWN_CODES: Readonly<Record<string, { readonly title: string; readonly page: string }>> = {
  F0000: {
    title: 'a suppression that is wrong or not needed',
    page: `A comment \`// fearless-allow F1005: the reason\` silences one code on its line, or on the next line if it stands alone. The
checker reports one that silences nothing, because it would hide the next mistake there. It reports one without a code or
without a reason, because a reader could not tell why the line is right.

Way out: remove the comment, or write its code and the reason.

\`\`\`ts
await save() // fearless-allow F1001: no other task of this thread takes the lock
\`\`\`
`,
  },
  F0001: {
    title: 'a file that the checker cannot read',
    page: `The file has a syntax error, or its code is nested more deeply than a parser can follow. Nothing in it was checked.

Way out: correct the syntax error, which \`tsc\` reports in detail; or split the deepest expression into several statements.
`,
  },
  F0002: {
    title: 'a function that is too large to be checked completely',
    page: `The checker follows moves, borrows and guards on every path through a function. It stops at a function
whose branches would take too long. Its captures and types were checked all the same.

Way out: split the function into smaller ones.
`,
  },
}
