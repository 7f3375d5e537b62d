// Asks the instrument. An Error has the words for a person, and the answer's status where there was one.

export async function ask(address, options) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("Phonoscope can't be reached; does it still play?");
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(told.error ?? `Phonoscope answered with status ${answer.status}`), { status: answer.status });
}
