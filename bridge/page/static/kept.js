// What this browser keeps of how its user likes the page; where it may keep nothing, each visit begins anew.

export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch { /* private windows */ }
}
