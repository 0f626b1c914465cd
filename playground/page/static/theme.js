// Puts the chosen theme on the page before it is drawn; without a choice the system decides.
const theme = localStorage.getItem("theme");
if (theme) document.documentElement.dataset.theme = theme;
