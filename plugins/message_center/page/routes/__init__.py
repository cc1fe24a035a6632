"""The routes of the page's API, a file for each screen."""
