page.translate(element);
