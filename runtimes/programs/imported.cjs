// What javascript.ts brings along.
exports.named = x => `named ${x}`
