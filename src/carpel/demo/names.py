"""First and last names by language, put together at random: nobody in particular."""

from __future__ import annotations

# language: (first names, last names)
NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "de": (
        ("Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hannes", "Ida", "Jonas",
         "Katrin", "Lukas", "Mia", "Moritz", "Nele", "Oskar", "Paula", "Rieke", "Sven", "Tilda"),
        ("Bauer", "Becker", "Fischer", "Hoffmann", "Huber", "Keller", "Koch", "Krüger", "Lang",
         "Maier", "Neumann", "Richter", "Schäfer", "Schmid", "Schulz", "Vogel", "Wagner", "Weber",
         "Winkler", "Zimmermann"),
    ),
    "en": (
        ("Alice", "Amir", "Callum", "Chloe", "Daniel", "Ella", "Ethan", "Grace", "Harriet", "Imran",
         "Jack", "Jasmine", "Leah", "Liam", "Maya", "Noah", "Olivia", "Priya", "Sam", "Zoe"),
        ("Adams", "Bennett", "Brown", "Carter", "Clarke", "Davies", "Edwards", "Foster", "Green",
         "Hughes", "Jackson", "Khan", "Lewis", "Morgan", "Patel", "Reed", "Roberts", "Taylor",
         "Turner", "Wright"),
    ),
    "es": (
        ("Alba", "Bruno", "Carla", "Diego", "Elena", "Fernando", "Inés", "Javier", "Lucía", "Marta",
         "Mateo", "Nuria", "Pablo", "Rocío", "Sergio", "Sofía"),
        ("Alonso", "Blanco", "Castro", "Díaz", "Fuentes", "García", "Gil", "Iglesias", "León",
         "Moreno", "Navarro", "Ortega", "Prieto", "Ramos", "Rubio", "Vega"),
    ),
    "fr": (
        ("Adèle", "Antoine", "Baptiste", "Camille", "Chloé", "Élise", "Gabriel", "Hugo", "Inès",
         "Jules", "Léa", "Louis", "Manon", "Margaux", "Nicolas", "Théo"),
        ("Bernard", "Bonnet", "Chevalier", "Dubois", "Durand", "Faure", "Fournier", "Garnier",
         "Girard", "Lambert", "Laurent", "Leroy", "Mercier", "Moreau", "Petit", "Roussel"),
    ),
    "it": (
        ("Alessia", "Andrea", "Chiara", "Davide", "Elisa", "Fabio", "Giorgia", "Giulia", "Lorenzo",
         "Luca", "Martina", "Matteo", "Nicolò", "Paolo", "Sara", "Stefano"),
        ("Barbieri", "Bianchi", "Caruso", "Colombo", "Conti", "Esposito", "Fontana", "Gallo",
         "Greco", "Longo", "Mancini", "Marino", "Ricci", "Romano", "Rossi", "Villa"),
    ),
    "nl": (
        ("Anouk", "Bram", "Daan", "Eva", "Fleur", "Guus", "Iris", "Jasper", "Lotte", "Maud",
         "Niels", "Roos", "Sanne", "Thijs", "Tim", "Veerle"),
        ("Bakker", "Bos", "Dekker", "Dijkstra", "Hendriks", "Jansen", "Kuipers", "Meijer", "Mulder",
         "Peters", "Smit", "Visser", "Vos", "de Boer", "de Vries", "van Dijk"),
    ),
    "sv": (
        ("Agnes", "Axel", "Ebba", "Elsa", "Filip", "Freja", "Hugo", "Linnéa", "Maja", "Nils",
         "Oskar", "Saga", "Signe", "Vilgot"),
        ("Andersson", "Berg", "Björk", "Dahl", "Ekström", "Forsberg", "Holm", "Lindqvist",
         "Lundgren", "Nyström", "Sandberg", "Sjöberg", "Ström", "Öberg"),
    ),
}  # fmt: skip
