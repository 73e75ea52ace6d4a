// Light, dark, or as the system has it; remembered.

const KEY = "dashloom.theme";
const CHOICES = ["system", "light", "dark"] as const;
type Choice = (typeof CHOICES)[number];
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

export function isDark(): boolean {
  const choice = chosen();
  return choice === "system" ? system.matches : choice === "dark";
}

/** Calls back when the colours change, until the returned function is called. */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Makes the button go through the choices. */
export function startTheme(button: HTMLElement): void {
  const apply = (): void => {
    const choice = chosen();
    document.documentElement.dataset.theme = isDark() ? "dark" : "light";
    button.textContent = `Theme: ${choice}`;
    for (const listener of listeners) listener();
  };
  button.addEventListener("click", () => {
    const next = CHOICES[(CHOICES.indexOf(chosen()) + 1) % CHOICES.length] ?? "system";
    localStorage.setItem(KEY, next);
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}

function chosen(): Choice {
  const kept = localStorage.getItem(KEY);
  return CHOICES.find((choice) => choice === kept) ?? "system";
}
