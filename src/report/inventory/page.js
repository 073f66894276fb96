// Filters the paths, and fades in the map what belongs to none that is shown.
const control = (name) => document.getElementById(name);
const paths = [...document.querySelectorAll("details.path")];
const drawn = [...document.querySelectorAll(".map [data-keys]")];

function filter() {
  const words = control("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const surface = control("surface").value;
  const shown = new Set();
  for (const path of paths) {
    const data = path.dataset;
    const fits = words.every((word) => data.text.includes(word))
      && (!surface || data.surface === surface)
      && (!control("past").checked || data.owner === "false")
      && (!control("live").checked || data.state === "live");
    path.hidden = !fits;
    if (fits) shown.add(data.key);
  }
  for (const part of drawn) {
    part.classList.toggle("out", !part.dataset.keys.split(" ").some((key) => shown.has(key)));
  }
  control("shown").textContent = shown.size === paths.length ? "" : `${shown.size} of ${paths.length} paths`;
}

for (const name of ["search", "surface", "past", "live"]) control(name).addEventListener("input", filter);
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
filter();
