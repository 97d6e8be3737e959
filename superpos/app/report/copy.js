"use strict";
// Puts a button on each command that copies it.
{
  document.querySelectorAll(".command").forEach((block) => {
    const button = document.createElement("button");
    const code = block.querySelector("code");
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
    });
    block.append(button);
  });
}
